# frozen_string_literal: true

module Hvlab
  module Xen
    module Action
      # Starts a guest that is there but not running.
      class Start
        def initialize(app, _env)
          @app = app
        end

        def call(env)
          machine = env[:machine]
          env[:ui].info("Starting the guest under Xen...")
          machine.provider.driver.start
          machine.id = machine.name.to_s
          @app.call(env)
        end
      end
    end
  end
end
