# frozen_string_literal: true

require "vagrant/action/builder"
require_relative "action/create"
require_relative "action/halt"
require_relative "action/remove"
require_relative "action/start"
require_relative "action/state_is"

module Hvlab
  module Xen
    # What `vagrant up`, `halt`, `destroy`, `reload`, `ssh` do, step by step.
    module Action
      include Vagrant::Action::Builtin

      def self.action_up
        build do |steps|
          steps.use ConfigValidate
          steps.use Call, StateIs, :not_created do |env, then_steps|
            then_steps.use HandleBox if env[:result]
            then_steps.use Create if env[:result]
          end
          steps.use action_start
        end
      end

      def self.action_start
        build do |steps|
          steps.use Call, StateIs, :running do |env, then_steps|
            then_steps.use Start unless env[:result]
          end
          steps.use WaitForCommunicator, %i[running]
        end
      end

      def self.action_halt
        build do |steps|
          steps.use ConfigValidate
          steps.use Call, StateIs, :running, :paused, :crashed do |env, then_steps|
            then_steps.use Halt if env[:result]
          end
        end
      end

      def self.action_reload
        build do |steps|
          steps.use action_halt
          steps.use action_up
        end
      end

      def self.action_destroy
        build do |steps|
          steps.use ConfigValidate
          steps.use Call, StateIs, :not_created do |env, then_steps|
            next if env[:result]

            then_steps.use Call, DestroyConfirm do |confirm, last_steps|
              last_steps.use Remove if confirm[:result]
            end
          end
        end
      end

      def self.action_ssh
        in_running_guest(SSHExec)
      end

      def self.action_ssh_run
        in_running_guest(SSHRun)
      end

      def self.build(&)
        Vagrant::Action::Builder.new.tap(&)
      end

      def self.in_running_guest(step)
        build do |steps|
          steps.use ConfigValidate
          steps.use Call, StateIs, :running do |env, then_steps|
            raise Vagrant::Errors::VMNotRunningError unless env[:result]

            then_steps.use step
          end
        end
      end
      private_class_method :build, :in_running_guest
    end
  end
end
