# frozen_string_literal: true

require_relative "../errors"

module Hvlab
  module Errors
    # vagrant-libvirt describes a guest otherwise than it did: its screen would be on a port.
    class TemplateChanged < Vagrant::Errors::VagrantError
      def error_message
        "vagrant-libvirt's description of a guest has no VNC screen or no serial line where hvlab looks for them.\n" \
          "It was written for vagrant-libvirt 0.11: see vagrant/lib/hvlab/kvm/private_devices.rb."
      end
    end

    # libvirt's library failed, or lost its connection.
    class LibvirtFailed < Vagrant::Errors::VagrantError
      def initialize(error)
        @error = error
        super()
      end

      def error_message
        "libvirt on the lab host: #{@error.message}\nIs the lab host running? ./invoke lab.status tells."
      end
    end
  end
end
