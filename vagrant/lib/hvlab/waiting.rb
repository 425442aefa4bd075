# frozen_string_literal: true

require_relative "ssh_port"

module Hvlab
  # Waits for a guest's SSH cheaply, under every provider: Vagrant's own wait asks the hypervisor what the guest's
  # state is every second, and that takes from the guest the very time that it needs to start. So wait for the
  # answer of its SSH port first, asking the hypervisor rarely, and let Vagrant log in then.
  module Waiting
    # Seconds between two attempts, and between two looks at the guest's state.
    PAUSE = 1
    LOOK = 45

    class << self
      attr_accessor :topology
    end

    def call(env)
      wait_for_port(env)
      super unless env[:interrupted]
    end

    private

    def wait_for_port(env)
      machine = env[:machine]
      port = SshPort.of(Waiting.topology, machine)
      return if port.nil?

      env[:ui].output("Waiting for the guest to answer on #{port}...")
      deadline = monotonic + machine.config.vm.boot_timeout
      look = monotonic + LOOK
      until port.answers? || env[:interrupted]
        raise Vagrant::Errors::VMBootTimeout if monotonic > deadline

        if monotonic > look
          # A guest that is no longer running is for Vagrant's own step to complain about.
          return unless expected?(machine.state.id)

          look = monotonic + LOOK
        end
        sleep PAUSE
      end
    end

    def expected?(state)
      @states.nil? || @states.include?(state)
    end

    def monotonic
      Process.clock_gettime(Process::CLOCK_MONOTONIC)
    end
  end

  Vagrant::Action::Builtin::WaitForCommunicator.prepend(Waiting)
end
