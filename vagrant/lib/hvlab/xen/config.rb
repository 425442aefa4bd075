# frozen_string_literal: true

module Hvlab
  module Xen
    # What a Xen guest is made of. Without a kernel the guest is started by the boot loader of its own disk (pygrub).
    class Config < Vagrant.plugin("2", :config)
      NEEDED = %i[lab_host guest folder network disk_strategy].freeze
      BOOT = %i[kernel initrd command_line].freeze

      # `screen`: whether the guest has a paravirtual framebuffer, which a device model in dom0 serves.
      attr_accessor(*NEEDED, *BOOT, :screen)

      # The file on the lab host that holds what the guest's disk has of its own.
      def disk
        File.join(folder, "#{guest.name}.#{linked_clone? ? "cow" : "img"}")
      end

      # The device that a linked clone is.
      def device
        "/dev/mapper/#{guest.name}"
      end

      # Where the guest's screen is served, in QEMU's form: libvirt and libxl hand an address with a colon on as it is.
      def screen_socket
        "unix:/run/xen/vnc-#{guest.name}.sock"
      end

      # The disk that linked clones stand on, made by prepare/xen.sh.
      def base_disk
        File.join(folder, "box.raw")
      end

      def linked_clone?
        disk_strategy == "linked-clone"
      end

      def validate(_machine)
        errors = _detected_errors
        NEEDED.each { |name| errors << "#{name} must be set." if public_send(name).nil? }
        given = BOOT.reject { |name| public_send(name).nil? }
        if given.size.between?(1, 2)
          errors << "#{(BOOT - given).join(", ")} must be set too where #{given.join(", ")} is."
        end
        { "Xen" => errors }
      end
    end
  end
end
