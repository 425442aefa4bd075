# frozen_string_literal: true

module Hvlab
  module VirtualBox
    # Vagrant asks VBoxManage the same questions again and again, and on a lab host under emulation each takes seconds
    # that the guests lack. An answer serves for a few seconds, and no longer than until a command changes something.
    module FewerCalls
      QUESTIONS = %w[list showvminfo].freeze
      # Seconds; a guest may change its state by itself.
      FRESH = 5

      @answers = {}
      @lock = Mutex.new

      # The answer to a question, asked by the block unless it is known.
      def self.answer(question)
        @lock.synchronize do
          at, known = @answers[question]
          next known if at && now - at < FRESH

          result = yield
          @answers[question] = [now, result] if result.exit_code.zero?
          result
        end
      end

      def self.forget
        @lock.synchronize { @answers.clear }
      end

      def self.now
        Process.clock_gettime(Process::CLOCK_MONOTONIC)
      end

      def raw(*command, &)
        question = command.grep(String)
        return FewerCalls.answer(question) { super } if QUESTIONS.include?(question.first)

        begin
          super
        ensure
          FewerCalls.forget
        end
      end
    end

    VagrantPlugins::ProviderVirtualBox::Driver::Meta.superclass.prepend(FewerCalls)
  end
end
