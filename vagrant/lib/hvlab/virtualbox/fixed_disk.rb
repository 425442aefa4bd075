# frozen_string_literal: true

module Hvlab
  module VirtualBox
    # A disk whose blocks are all reserved: VirtualBox imports growing disks only, so the imported one is changed for a
    # fixed one before the machine is started.
    module FixedDisk
      # In `showvminfo --machinereadable`: "CONTROLLER-PORT-DEVICE"="/path/of/disk.vmdk".
      ATTACHED = /^"(?<controller>[^"]+)-(?<port>\d+)-(?<device>\d+)"="(?<path>[^"]+\.vmdk)"$/

      def self.replace(driver, id)
        found = driver.execute("showvminfo", id, "--machinereadable").match(ATTACHED)
        raise Vagrant::Errors::VMImportFailure if found.nil?

        fixed = found[:path].sub(/\.vmdk\z/, ".vdi")
        driver.execute("clonemedium", "disk", found[:path], fixed, "--format", "VDI", "--variant", "Fixed")
        driver.execute("storageattach", id, "--storagectl", found[:controller], "--port", found[:port],
                       "--device", found[:device], "--type", "hdd", "--medium", fixed)
        driver.execute("closemedium", "disk", found[:path], "--delete")
      end

      def import(ovf, &)
        id = super
        FixedDisk.replace(self, id) if id && Waiting.topology&.disk_strategy == "preallocated"
        id
      end
    end

    VagrantPlugins::ProviderVirtualBox::Driver::Meta.prepend(FixedDisk)
  end
end
