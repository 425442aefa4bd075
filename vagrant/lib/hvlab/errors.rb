# frozen_string_literal: true

module Hvlab
  # Errors that Vagrant shows as text: what is wrong and what to do about it.
  module Errors
    # The topology file is missing or does not say what is needed.
    class TopologyError < Vagrant::Errors::VagrantError
      def initialize(problem)
        @problem = problem
        super()
      end

      def error_message
        "#{@problem}\nhvlab writes this file: bring the lab up with ./invoke lab.up, or see docs/design/vagrant.md."
      end
    end

    # A command on the lab host failed.
    class CommandFailed < Vagrant::Errors::VagrantError
      def initialize(command, result)
        @command = command
        @result = result
        super()
      end

      def error_message
        "On the lab host, this command ended with status #{@result.exit_code}:\n  #{@command}\n" \
          "#{[@result.stderr, @result.stdout].join.strip}\n#{hint}"
      end

      private

      # ssh itself ends with 255.
      def hint
        return "Is the lab host running? ./invoke lab.status tells." if @result.exit_code == 255
        return "The lab host's disk is full: ./invoke doctor tells what the guests need." if full?

        "./invoke doctor shows what the lab host lacks."
      end

      def full?
        @result.stderr.include?("No space left on device")
      end
    end
  end
end
