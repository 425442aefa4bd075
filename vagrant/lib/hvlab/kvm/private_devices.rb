# frozen_string_literal: true

require "vagrant-libvirt/action"
require_relative "errors"

module Hvlab
  module Kvm
    # What vagrant-libvirt's domain template cannot express: the screen is served on a unix socket in the domain's own
    # folder, not on a port, and the output of the guest's serial line is also kept in a file.
    module PrivateDevices
      SCREEN = %r{<graphics type='vnc'[^>]*?/>}
      SERIAL = "<serial type='pty'>"

      def self.apply(xml, guest)
        raise Errors::TemplateChanged unless xml.match?(SCREEN) && xml.include?(SERIAL)

        xml = xml.sub(SCREEN, "<graphics type='vnc' keymap='en-us'><listen type='socket'/></graphics>")
        xml.sub(SERIAL, "#{SERIAL}<log file='#{LOGS}/#{guest}-console.log' append='off'/>")
      end

      def to_xml(template_name = nil, *rest)
        xml = super
        template_name == "domain" ? PrivateDevices.apply(xml, @name) : xml
      end
    end

    VagrantPlugins::ProviderLibvirt::Action::CreateDomain.prepend(PrivateDevices)
  end
end
