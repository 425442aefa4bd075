# frozen_string_literal: true

module Hvlab
  # The hypervisors' parts: each folder NAME beside this file, and in the plug-in folders that HVLAB_PLUGINS names,
  # whose settings.rb registers a provider of Vagrant's.
  module Providers
    PLUGINS = ENV.fetch("HVLAB_PLUGINS", "").split(File::PATH_SEPARATOR)
    FOLDERS = [__dir__, *PLUGINS.map { |folder| File.join(folder, "vagrant/lib/hvlab") }].freeze

    @settings = {}

    class << self
      # Vagrant's name of a provider, and what makes its settings for a guest:
      # `settings.apply(config, override, topology, guest)`.
      def register(provider, settings)
        @settings[provider] = settings
      end

      def each(&)
        @settings.each(&)
      end

      # Loads all of them.
      def load_all
        FOLDERS.flat_map { |folder| Dir[File.join(folder, "*", "settings.rb")] }.each { |file| require file }
      end

      # The folders of programs that stand in for a hypervisor's tools and run them on the lab host.
      def tool_folders
        FOLDERS.flat_map { |folder| Dir[File.join(folder, "*", "bin")] }
      end
    end
  end
end
