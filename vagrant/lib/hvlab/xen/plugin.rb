# frozen_string_literal: true

require "vagrant"

module Hvlab
  module Xen
    # A Vagrant provider for a plain Xen host: PV guests through libvirt's Xen driver.
    class Plugin < Vagrant.plugin("2")
      name "hvlab-xen"
      description "Xen PV guests on a host that OpenSSH reaches, through libvirt's Xen driver."

      config(:xen, :provider) do
        require_relative "config"
        Config
      end

      provider(:xen, box_format: "xen", parallel: false) do
        require_relative "provider"
        Provider
      end
    end
  end
end
