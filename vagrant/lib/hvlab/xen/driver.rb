# frozen_string_literal: true

require_relative "domain_xml"

module Hvlab
  module Xen
    # One guest, through virsh on the lab host. Vagrant asks for the state several times in a row, and each question
    # takes a second on a lab host under emulation: an answer serves for a moment, if nothing is changed meanwhile.
    class Driver
      VIRSH = %w[virsh -q -c xen:///system].freeze
      ABSENT = /failed to get domain|domain not found/i
      # virsh's words for what Vagrant calls a state. A guest that waits for an event is running.
      STATES = { "running" => :running, "idle" => :running, "no state" => :running, "in shutdown" => :running,
                 "shut off" => :shutoff, "crashed" => :crashed, "paused" => :paused }.freeze

      # Gives a file's holes their blocks.
      RESERVE = 'fallocate --length "$(stat --format=%s "$1")" "$1"'

      # Makes /dev/mapper/$3 from the disk $1, which is only read, and the file $2, which takes the writes. Without
      # udev, mknodes must make the device node.
      CLONE = <<~'SHELL'
        set -e
        modprobe -a dm-snapshot loop
        base=$(losetup --noheadings --output NAME --associated "$1" | head -n 1)
        [ -n "$base" ] || base=$(losetup --find --show --read-only "$1")
        size=$(blockdev --getsz "$base")
        rm -f "$2"
        truncate --size $((size * 512)) "$2"
        dmsetup create "$3" --noudevsync --table "0 $size snapshot $base $(losetup --find --show "$2") P 8"
        dmsetup mknodes "$3"
      SHELL

      # Undoes that, as far as it was done.
      UNCLONE = <<~'SHELL'
        ! dmsetup info "$2" >/dev/null 2>&1 || dmsetup remove --noudevsync --retry "$2"
        losetup --noheadings --output NAME --associated "$1" | xargs -r losetup --detach
      SHELL

      # A guest that somebody has saved, or taken a snapshot of, cannot be forgotten without that.
      UNDEFINE = %w[--managed-save --snapshots-metadata].freeze

      # Seconds for which an answer serves.
      FRESH = 3

      def initialize(config)
        @config = config
        @lab_host = config.lab_host
      end

      def name
        @config.guest.name
      end

      # :not_created, :running, :shutoff, :crashed or :paused.
      def state
        return @state if @state && now - @asked < FRESH

        @state = ask_state
        @asked = now
        @state
      end

      # Makes the guest's disk from the box's: a sparse copy, a copy with all blocks reserved, or a clone.
      def make_disk(source)
        return shell(CLONE, @config.base_disk, @config.disk, name) if @config.linked_clone?

        @lab_host.run("cp", "--sparse=always", source, @config.disk)
        shell(RESERVE, @config.disk) if @config.disk_strategy == "preallocated"
      end

      def define
        virsh("define", "/proc/self/fd/0", input: DomainXml.new(@config).to_s)
      end

      def start
        virsh("start", name)
      end

      # Asks the guest to shut down.
      def shutdown
        virsh("shutdown", name)
      end

      # Takes the guest's power away.
      def stop
        virsh("destroy", name)
      end

      # Forgets the guest and removes its disk.
      def remove
        virsh("undefine", name, *UNDEFINE)
        shell(UNCLONE, @config.disk, name) if @config.linked_clone?
        @lab_host.run("rm", "-f", @config.disk)
      end

      private

      def ask_state
        result = @lab_host.try(*VIRSH, "domstate", name)
        return STATES.fetch(result.stdout.strip) { |said| said.tr(" ", "_").to_sym } if result.exit_code.zero?
        return :not_created if result.stderr.match?(ABSENT)

        raise Errors::CommandFailed.new("virsh domstate #{name}", result)
      end

      def shell(script, *arguments)
        @lab_host.run("sh", "-c", script, "sh", *arguments)
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      # Whatever it does, the state must be asked anew.
      def virsh(*arguments, input: "")
        @state = nil
        @lab_host.run(*VIRSH, *arguments, input:)
      end
    end
  end
end
