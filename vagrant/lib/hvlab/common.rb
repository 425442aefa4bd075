# frozen_string_literal: true

require_relative "guest_os"

module Hvlab
  # What is the same under all providers.
  module Common
    # Seconds after which an SSH connection that got no answer is tried again.
    CONNECT_TIMEOUT = 5

    def self.apply(config, topology)
      machine(config.vm, topology)
      ssh(config.ssh, topology)
    end

    # The guest names itself after its MAC: Vagrant needs no session in it to set it up.
    def self.machine(machine, topology)
      machine.box = topology.value("box")
      machine.box_version = topology.value("box_version")
      machine.box_check_update = false
      machine.guest = GuestOs::NAME
      machine.boot_timeout = topology.value("boot_timeout_s")
      machine.graceful_halt_timeout = topology.optional("halt_timeout_s") || 60
      machine.allow_hosts_modification = false
      machine.synced_folder ".", "/vagrant", disabled: true
    end

    def self.ssh(ssh, topology)
      ssh.insert_key = false
      ssh.connect_timeout = CONNECT_TIMEOUT
      ssh.username = topology.optional("ssh", "username") || "vagrant"
      key = topology.optional("ssh", "private_key")
      ssh.private_key_path = key unless key.nil?
      # An array: Vagrant's rsync helper adds it to another one.
      extra = topology.optional("ssh", "extra_args")
      ssh.extra_args = extra unless extra.nil? || extra.empty?
      proxy = topology.lab_host.proxy_command
      ssh.proxy_command = proxy unless proxy.nil?
    end
    private_class_method :machine, :ssh
  end
end
