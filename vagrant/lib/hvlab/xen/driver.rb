# frozen_string_literal: true

require_relative "domain_xml"

module Hvlab
  module Xen
    # One guest, through virsh on the lab host. Vagrant asks for the state several times in a row, and each question
    # takes a second on a lab host under emulation: an answer serves for a moment, if nothing is changed meanwhile.
    class Driver
      VIRSH = %w[virsh -q -c xen:///system].freeze
      ABSENT = /failed to get domain|domain not found/i.freeze
      # virsh's words for what Vagrant calls a state. A guest that waits for an event is running.
      STATES = { "running" => :running, "idle" => :running, "no state" => :running, "in shutdown" => :running,
                 "shut off" => :shutoff, "crashed" => :crashed, "paused" => :paused }.freeze

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

      # Copies the box's disk, keeping its holes.
      def copy_disk(source)
        @lab_host.run("cp", "--sparse=always", source, @config.disk)
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
        virsh("undefine", name)
        @lab_host.run("rm", "-f", @config.disk)
      end

      private

      def ask_state
        result = @lab_host.try(*VIRSH, "domstate", name)
        return STATES.fetch(result.stdout.strip) { |said| said.tr(" ", "_").to_sym } if result.exit_code.zero?
        return :not_created if result.stderr.match?(ABSENT)

        raise Errors::CommandFailed.new("virsh domstate #{name}", result)
      end

      def now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      # Whatever it does, the state must be asked anew.
      def virsh(*arguments, input: "")
        @state = nil
        @lab_host.run(*VIRSH, *arguments, input: input)
      end
    end
  end
end
