# frozen_string_literal: true

module Hvlab
  module Xen
    module Action
      # Shuts a guest down: asks it, and takes its power away where it has not obeyed in time.
      class Halt
        # Seconds between two questions whether the guest is off.
        INTERVAL = 2

        def initialize(app, _env)
          @app = app
        end

        def call(env)
          machine = env[:machine]
          asked = !env[:force_halt] && machine.state.id == :running && shut_down(env)
          unless asked
            env[:ui].info("Turning the guest off...")
            machine.provider.driver.stop
          end
          @app.call(env)
        end

        private

        # Whether the guest shut itself down.
        def shut_down(env)
          machine = env[:machine]
          env[:ui].info("Shutting the guest down...")
          machine.provider.driver.shutdown
          deadline = now + machine.config.vm.graceful_halt_timeout
          until machine.state.id == :shutoff
            return false if now > deadline || env[:interrupted]

            sleep INTERVAL
          end
          true
        end

        def now
          Process.clock_gettime(Process::CLOCK_MONOTONIC)
        end
      end
    end
  end
end
