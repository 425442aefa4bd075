# frozen_string_literal: true

require "shellwords"
require "vagrant/util/subprocess"
require_relative "errors"
require_relative "providers"

module Hvlab
  # The machine that runs the guests: this one, or one that OpenSSH reaches through a configuration file.
  class LabHost
    attr_reader :name, :ssh_config

    # `values` is the topology's "lab_host"; nil means this machine.
    def initialize(values)
      return if values.nil?

      @name = values.fetch("name")
      @ssh_config = values.fetch("ssh_config")
    rescue KeyError => e
      raise Errors::TopologyError, "The topology's lab_host has no #{e.key}."
    end

    def local?
      @name.nil?
    end

    # Tells the programs that stand in for a hypervisor's tools where the lab host is, and lets Vagrant find them before
    # any others.
    def export
      return if local?

      ENV["HVLAB_SSH_CONFIG"] = ssh_config
      ENV["HVLAB_LAB_HOST"] = name
      folders = Providers.tool_folders
      before = ENV.fetch("PATH", "").split(File::PATH_SEPARATOR)
      ENV["PATH"] = [*folders, *before].join(File::PATH_SEPARATOR) unless before.take(folders.size) == folders
    end

    # What gives SSH a way from here to a guest; nil where none is needed.
    def proxy_command
      return if local?

      "ssh -F #{Shellwords.escape(ssh_config)} -W %h:%p #{Shellwords.escape(name)}"
    end

    # The command whose standard streams are a connection to a port, as seen from the lab host.
    def tunnel(host, port)
      ["ssh", "-F", ssh_config, "-W", "#{host}:#{port}", name]
    end

    # Runs a command and returns its result, whatever its status.
    def try(*command, input: "")
      argv = local? ? command : ["ssh", "-T", "-F", ssh_config, name, Shellwords.join(command)]
      Vagrant::Util::Subprocess.execute(*argv, notify: [:stdin], env: { "LC_ALL" => "C" }) do |stream, io|
        next unless stream == :stdin

        io.write(input)
        io.close
      end
    end

    # Runs a command and returns its output; raises where it fails.
    def run(*command, input: "")
      result = try(*command, input:)
      raise Errors::CommandFailed.new(Shellwords.join(command), result) unless result.exit_code.zero?

      result.stdout
    end
  end
end
