# frozen_string_literal: true

require_relative "../providers"
require_relative "libvirt_uri"

module Hvlab
  # vagrant-libvirt's settings for one guest under KVM.
  module Kvm
    POOL = "hvlab"
    # libvirt's own folder of logs on the lab host: it may write there however it is confined.
    LOGS = "/var/log/libvirt/qemu"
    # What Linux says of itself goes to the serial line, too; the screen stays its console.
    CONSOLES = "console=ttyS0 console=tty0"

    def self.apply(libvirt, override, topology, guest)
      # Vagrant gives a real `override` only where this is the provider in use; loading libvirt takes a second.
      in_use unless override.is_a?(Vagrant::Config::V2::DummyConfig)
      connection(libvirt, topology.lab_host)
      hardware(libvirt, guest)
      boot(libvirt, topology)
      network(libvirt, topology, guest)
      libvirt.default_prefix = ""
      libvirt.storage_pool_name = POOL
    end

    def self.in_use
      require_relative "disk_strategy"
      require_relative "known_address"
      require_relative "private_devices"
      require_relative "readable_errors"
    end

    def self.connection(libvirt, lab_host)
      libvirt.uri = LibvirtUri.of(lab_host, "qemu")
      libvirt.id_ssh_key_file = nil
      libvirt.proxy_command = lab_host.proxy_command unless lab_host.local?
    end

    # KVM of Linux 6.14 and later, under software emulation, takes a stale report of an interrupted event for a real one
    # and stops the guest when it then touches a device in memory. So virtio's registers are I/O ports here, as they
    # were in virtio's first version, and most of those accesses are none.
    LEGACY_VIRTIO = %w[virtio-blk-pci virtio-net-pci virtio-balloon-pci].freeze

    # No sound and no USB; a screen on a unix socket (private_devices.rb), which a manager can show. The screen that
    # vagrant-libvirt would add is turned off: a port, an address, a port for browsers.
    def self.hardware(libvirt, guest)
      libvirt.driver = "kvm"
      libvirt.machine_type = "pc"
      LEGACY_VIRTIO.each do |device|
        libvirt.qemuargs value: "-global"
        libvirt.qemuargs value: "#{device}.disable-modern=on"
      end
      libvirt.cpu_mode = "host-passthrough"
      # Its ticks would go through QEMU; Linux has KVM's own clock and the processor's timer.
      libvirt.clock_timer name: "hpet", present: "no"
      libvirt.memory = guest.memory_mib
      libvirt.cpus = guest.vcpus
      libvirt.disk_driver cache: "unsafe"
      libvirt.usb_controller model: "none"
      libvirt.video_type = "vga"
      libvirt.graphics_type = "vnc"
      libvirt.graphics_port = -1
      libvirt.graphics_ip = nil
      libvirt.graphics_websocket = nil
    end

    def self.boot(libvirt, topology)
      return if topology.optional("boot").nil?

      libvirt.kernel = topology.value("boot", "kernel")
      libvirt.initrd = topology.value("boot", "initrd")
      libvirt.cmd_line = "#{topology.value("boot", "command_line")} #{CONSOLES}"
    end

    # The network is the kit's own, made by hypervisors/common/network.sh: vagrant-libvirt finds it by name and address.
    def self.network(libvirt, topology, guest)
      libvirt.management_network_name = topology.value("network", "name")
      libvirt.management_network_address =
        "#{topology.value("network", "address")}/#{topology.value("network", "prefix")}"
      libvirt.management_network_mac = guest.mac
      libvirt.management_network_keep = true
    end
    private_class_method :in_use, :connection, :hardware, :boot, :network
  end

  Providers.register(:libvirt, Kvm)
end
