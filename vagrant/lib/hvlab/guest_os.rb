# frozen_string_literal: true

require "vagrant"

module Hvlab
  # What Vagrant knows of the guests' system: how to turn it off, and nothing more. Were it told "debian" it would
  # log in after each start to tidy a file that the kit never let it write.
  class GuestOs < Vagrant.plugin("2", :guest)
    NAME = :hvlab

    # Never guessed: the Vagrantfile names it.
    def detect?(_machine)
      false
    end

    # Registers it.
    class Plugin < Vagrant.plugin("2")
      name "hvlab-guest"
      description "The lab's guests."

      guest(NAME) { GuestOs }
      guest_capability(NAME, :halt) { Halt }
    end

    # Turns a guest off.
    module Halt
      def self.halt(machine)
        machine.communicate.sudo("poweroff")
      rescue IOError, Vagrant::Errors::SSHDisconnected
        # The connection may end before the command does.
      end
    end
  end
end
