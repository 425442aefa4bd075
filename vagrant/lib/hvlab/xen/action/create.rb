# frozen_string_literal: true

module Hvlab
  module Xen
    module Action
      # Gives the guest its disk, made from the box's, and makes it known to libvirt.
      class Create
        def initialize(app, _env)
          @app = app
        end

        def call(env)
          machine = env[:machine]
          disk = machine.provider_config.disk
          env[:ui].info("Making the disk of #{machine.box.name} #{machine.box.version}, #{disk}...")
          driver = machine.provider.driver
          driver.make_disk(machine.box.directory.join("disk.raw").to_s)
          driver.define
          machine.id = machine.name.to_s
          @app.call(env)
        end
      end
    end
  end
end
