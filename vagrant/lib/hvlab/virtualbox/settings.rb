# frozen_string_literal: true

require_relative "../providers"
require_relative "fewer_calls"
require_relative "fixed_disk"
require_relative "master_of_lab"
require_relative "newer_versions"

module Hvlab
  # The settings of Vagrant's VirtualBox provider for one guest.
  module VirtualBox
    def self.apply(virtualbox, override, topology, guest)
      machine(virtualbox, guest)
      virtualbox.linked_clone = topology.disk_strategy == "linked-clone"
      virtualbox.customize(["modifyvm", :id, *hardware(guest)])
      # Under emulation the guest's clock must follow the TSC's offset, or it stands still.
      virtualbox.customize(["setextradata", :id, "VBoxInternal/TM/TSCMode", "RealTSCOffset"])
      # VirtualBox interrupts the guest with a host timer as often as it believes the guest's clock needs: the further
      # the guest lags, the more often, up to 20 kHz. Under emulation those 13,000 exits a second made the guest's start
      # take four times as long.
      virtualbox.customize(["setextradata", :id, "VBoxInternal/TM/HostHzMax", "200"])
      # The guest starts from its own boot loader, so the kernel's command line is the disk's: the session that the
      # lab asks for is told as the machine's version (DMI).
      session = topology.optional("session")
      dmi = "VBoxInternal/Devices/pcbios/0/Config/DmiSystemVersion"
      virtualbox.customize(["setextradata", :id, dmi, "hvlab.session=#{session}"]) unless session.nil?
      network(override.vm, guest)
    end

    # Each of these spares commands on the lab host.
    def self.machine(virtualbox, guest)
      virtualbox.name = guest.name
      virtualbox.gui = false
      virtualbox.check_guest_additions = false
      virtualbox.functional_vboxsf = false
      virtualbox.auto_nat_dns_proxy = false
    end

    # No sound, no USB, no logo to wait for, no remote desktop; no HPET, as under KVM.
    def self.hardware(guest)
      { "memory" => guest.memory_mib, "cpus" => guest.vcpus, "ioapic" => "on", "x86-hpet" => "off",
        "graphicscontroller" => "vboxvga", "vram" => 9, "audio-driver" => "none", "usb-ohci" => "off",
        "vrde" => "off", "firmware-boot-menu" => "disabled", "firmware-logo-fade-in" => "off",
        "firmware-logo-fade-out" => "off", "firmware-logo-display-time" => 0, "boot1" => "disk", "boot2" => "none",
        "boot3" => "none", "boot4" => "none" }.flat_map { |option, value| ["--#{option}", value.to_s] }
    end

    # One NAT adapter; SSH is forwarded to a port of the lab host's loopback address.
    def self.network(machine, guest)
      machine.base_mac = guest.mac.delete(":").upcase
      machine.network :forwarded_port, id: "ssh", guest: 22, host: guest.ssh_forward, host_ip: "127.0.0.1",
                                       auto_correct: false
    end
    private_class_method :machine, :hardware, :network
  end

  Providers.register(:virtualbox, VirtualBox)
end
