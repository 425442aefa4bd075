# frozen_string_literal: true

require "vagrant-libvirt/driver"

module Hvlab
  module Kvm
    # vagrant-libvirt searches the networks' leases for a guest's address whenever it is asked for its state; the
    # topology knows it.
    module KnownAddress
      def get_ipaddress(*)
        guest = Waiting.topology&.guest(@machine.name)
        guest.nil? ? super : guest.address
      end
    end

    VagrantPlugins::ProviderLibvirt::Driver.prepend(KnownAddress)
  end
end
