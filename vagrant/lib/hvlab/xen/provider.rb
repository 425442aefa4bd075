# frozen_string_literal: true

require_relative "action"
require_relative "driver"

module Hvlab
  module Xen
    # What Vagrant asks of a provider.
    class Provider < Vagrant.plugin("2", :provider)
      DESCRIPTIONS = {
        not_created: "There is no such guest yet: `vagrant up` creates it.",
        running: "The guest is running.",
        shutoff: "The guest is shut off: `vagrant up` starts it."
      }.freeze

      def initialize(machine)
        super
        @machine = machine
      end

      def driver
        @driver ||= Driver.new(@machine.provider_config)
      end

      def action(name)
        method = "action_#{name}"
        Action.public_send(method) if Action.respond_to?(method)
      end

      # Whether the guest answers is for the one who asks to find out: its address is known before it has started.
      def ssh_info
        { host: @machine.provider_config.guest.address, port: 22 } unless @machine.id.nil?
      end

      def state
        id = driver.state
        description = DESCRIPTIONS.fetch(id, "Xen says of this guest: #{id}.")
        Vagrant::MachineState.new(id, id.to_s.tr("_", " "), description)
      end

      def to_s
        "Xen (#{@machine.id || "new guest"})"
      end
    end
  end
end
