# frozen_string_literal: true

module Hvlab
  module Xen
    module Action
      # Removes the guest and its disk, whatever the guest is doing.
      class Remove
        def initialize(app, _env)
          @app = app
        end

        def call(env)
          machine = env[:machine]
          env[:ui].info("Removing the guest and its disk...")
          machine.provider.driver.stop unless machine.state.id == :shutoff
          machine.provider.driver.remove
          machine.id = nil
          @app.call(env)
        end
      end
    end
  end
end
