# frozen_string_literal: true

require "vagrant-libvirt/action"

module Hvlab
  module Kvm
    # vagrant-libvirt makes every guest's disk a clone that stands on the box's. Here it can also be a disk of its own:
    # a copy of the box's, or one whose blocks are all reserved beforehand.
    module DiskStrategy
      VIRSH = %w[virsh -q -c qemu:///system].freeze
      COMMANDS = {
        "full-copy" => %w[cp --sparse=always],
        "preallocated" => %w[qemu-img convert -O qcow2 -o preallocation=falloc]
      }.freeze

      def call(env)
        topology = Waiting.topology
        command = COMMANDS[topology&.disk_strategy]
        return super if command.nil?

        folder = topology.value("folders", "kvm")
        box = File.join(folder, env[:box_volumes].first[:name])
        disk = File.join(folder, "#{env[:domain_name]}.img")
        env[:ui].info("Making the disk #{disk} (#{topology.disk_strategy})...")
        topology.lab_host.run(*command, box, disk)
        topology.lab_host.run(*VIRSH, "pool-refresh", POOL)
        @app.call(env)
      end
    end

    VagrantPlugins::ProviderLibvirt::Action::CreateDomainVolume.prepend(DiskStrategy)
  end
end
