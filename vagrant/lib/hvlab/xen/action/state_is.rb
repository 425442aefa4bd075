# frozen_string_literal: true

module Hvlab
  module Xen
    module Action
      # Whether the guest is in one of the given states, as env[:result].
      class StateIs
        def initialize(app, _env, *states)
          @app = app
          @states = states
        end

        def call(env)
          env[:result] = @states.include?(env[:machine].state.id)
          @app.call(env)
        end
      end
    end
  end
end
