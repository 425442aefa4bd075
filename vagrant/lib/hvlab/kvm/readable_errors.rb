# frozen_string_literal: true

require "libvirt"
require_relative "errors"

module Hvlab
  module Kvm
    # What libvirt's library says when the lab host goes away, as an error that Vagrant shows as text: vagrant-libvirt
    # lets much of it through, and it would end in a Ruby traceback.
    module ReadableErrors
      def action(name, opts = nil)
        super
      rescue Libvirt::Error, Fog::Errors::Error => e
        raise Errors::LibvirtFailed, e
      end

      def state
        super
      rescue Libvirt::Error, Fog::Errors::Error => e
        raise Errors::LibvirtFailed, e
      end
    end

    Vagrant::Machine.prepend(ReadableErrors)
  end
end
