# frozen_string_literal: true

require "open3"
require "socket"
require "timeout"

module Hvlab
  # Where the lab host reaches a guest's sshd.
  class SshPort
    # Seconds to wait for the first line of an sshd.
    PATIENCE = 8

    # The port of one of Vagrant's machines; nil where the topology does not know it.
    def self.of(topology, machine)
      guest = topology&.guest(machine.name)
      return if guest.nil?
      return new(topology.lab_host, "127.0.0.1", guest.ssh_forward) if topology.forwarded?(machine.provider_name)

      new(topology.lab_host, guest.address, 22)
    end

    def initialize(lab_host, host, port)
      @lab_host = lab_host
      @host = host
      @port = port
    end

    # Whether an sshd introduces itself.
    def answers?
      line = @lab_host.local? ? from_here : through_lab_host
      line.to_s.start_with?("SSH-")
    end

    def to_s
      "#{@host}:#{@port}"
    end

    private

    def from_here
      Socket.tcp(@host, @port, connect_timeout: PATIENCE) { |socket| first_line(socket) }
    rescue SystemCallError
      nil
    end

    def through_lab_host
      Open3.popen3(*@lab_host.tunnel(@host, @port)) do |stdin, stdout, _stderr, process|
        line = first_line(stdout)
        stdin.close
        Process.kill("TERM", process.pid) if process.alive?
        line
      end
    rescue Errno::ESRCH
      nil
    end

    def first_line(stream)
      Timeout.timeout(PATIENCE) { stream.gets }
    rescue Timeout::Error, IOError
      nil
    end
  end
end
