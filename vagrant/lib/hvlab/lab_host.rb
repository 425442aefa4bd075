# frozen_string_literal: true

require "shellwords"
require "vagrant/util/subprocess"
require_relative "errors"

module Hvlab
  # The machine that runs the guests: this one, or one that OpenSSH reaches through a configuration file.
  class LabHost
    BIN = File.expand_path("../../bin", __dir__)

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

    # Tells the project's VBoxManage where the lab host is, and lets Vagrant find it before any other.
    def export
      return if local?

      ENV["HVLAB_SSH_CONFIG"] = ssh_config
      ENV["HVLAB_LAB_HOST"] = name
      ENV["PATH"] = [BIN, ENV.fetch("PATH", nil)].compact.join(File::PATH_SEPARATOR) unless on_path?
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

    # libvirt's address. libvirt starts its ssh command with a clean environment and hands it the URI's keyfile
    # as -i: the project's libvirt-ssh takes the file that follows as ssh's configuration.
    def libvirt_uri(driver)
      return "#{driver}:///system" if local?

      query = URI.encode_www_form(command: File.join(BIN, "libvirt-ssh"), keyfile: ssh_config, no_tty: 1)
      # A blank is "+" in forms, which libvirt takes for a plus.
      "#{driver}+ssh://#{name}/system?#{query.gsub("+", "%20")}"
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

    private

    def on_path?
      ENV.fetch("PATH", "").split(File::PATH_SEPARATOR).first == BIN
    end
  end
end
