# frozen_string_literal: true

module Hvlab
  module VirtualBox
    # For linked clones Vagrant imports the box once, as a machine that backs the guests' disks, and stores its id
    # beside the box. All labs share the box, and each has a VirtualBox of its own: the id is stored in the lab instead.
    module MasterOfLab
      NOTE = "master_id"

      protected

      def import_master(env)
        note = env[:machine].env.local_data_path.join(NOTE)
        env[:clone_id] = note.read.chomp if note.file?
        return if env[:clone_id] && env[:machine].provider.driver.vm_exists?(env[:clone_id])

        env.delete(:clone_id)
        import = VagrantPlugins::ProviderVirtualBox::Action::Import
        env[:clone_id] = env[:action_runner].run(import, env.dup.merge(skip_machine: true))[:machine_id]
        note.write(env[:clone_id])
      end
    end

    VagrantPlugins::ProviderVirtualBox::Action::ImportMaster.prepend(MasterOfLab)
  end
end
