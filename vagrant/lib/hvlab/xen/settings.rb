# frozen_string_literal: true

require_relative "../providers"
require_relative "plugin"

module Hvlab
  # The settings of the project's Xen provider for one guest.
  module Xen
    def self.apply(xen, _override, topology, guest)
      xen.lab_host = topology.lab_host
      xen.guest = guest
      xen.folder = topology.value("folders", "xen")
      xen.network = topology.value("network", "name")
      xen.screen = topology.optional("session") == "x-window"
      xen.disk_strategy = topology.disk_strategy
      boot(xen, topology) unless topology.optional("boot").nil?
    end

    def self.boot(xen, topology)
      xen.kernel = topology.value("boot", "kernel")
      xen.initrd = topology.value("boot", "initrd")
      xen.command_line = topology.value("boot", "command_line")
    end
    private_class_method :boot
  end

  Providers.register(:xen, Xen)
end
