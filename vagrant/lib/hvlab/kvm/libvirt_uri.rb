# frozen_string_literal: true

require "uri"

module Hvlab
  module Kvm
    # libvirt's address of a lab host. libvirt starts its ssh command with a clean environment and hands it the URI's
    # keyfile as -i: the project's libvirt-ssh takes the file that follows as ssh's configuration.
    module LibvirtUri
      PROGRAM = File.join(__dir__, "bin", "libvirt-ssh")

      def self.of(lab_host, driver)
        return "#{driver}:///system" if lab_host.local?

        query = URI.encode_www_form(command: PROGRAM, keyfile: lab_host.ssh_config, no_tty: 1)
        # A blank is "+" in forms, which libvirt takes for a plus.
        "#{driver}+ssh://#{lab_host.name}/system?#{query.gsub("+", "%20")}"
      end
    end
  end
end
