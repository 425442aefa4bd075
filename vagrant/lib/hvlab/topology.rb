# frozen_string_literal: true

require "json"
require "vagrant"
require_relative "errors"
require_relative "guest"
require_relative "lab_host"

module Hvlab
  # The topology file: the box, the lab host and its folders, the network, and the guests.
  class Topology
    DISK_STRATEGIES = %w[full-copy linked-clone preallocated].freeze

    attr_reader :guests, :lab_host

    def self.load(path)
      raise Errors::TopologyError, "HVLAB_TOPOLOGY does not name the topology file." if path.to_s.empty?

      new(JSON.parse(File.read(path)), path)
    rescue SystemCallError, JSON::ParserError => e
      raise Errors::TopologyError, "The topology file #{path} cannot be read: #{e.message}"
    end

    def initialize(values, path)
      @values = values
      @path = path
      @lab_host = LabHost.new(values["lab_host"])
      @guests = value("guests").map { |guest| build_guest(guest) }
    end

    # How the guests' disks come from the box.
    def disk_strategy
      strategy = value("disk_strategy")
      return strategy if DISK_STRATEGIES.include?(strategy)

      raise Errors::TopologyError, "The topology file #{@path} has an unknown disk_strategy, #{strategy}."
    end

    # The value at nested keys, which must be there: value("network", "name").
    def value(*keys)
      keys.inject(@values) do |at, key|
        next at[key] if at.is_a?(Hash) && !at[key].nil?

        raise Errors::TopologyError, "The topology file #{@path} has no #{keys.join(".")}."
      end
    end

    # The same, or nil where any of the keys is absent or null.
    def optional(*keys)
      @values.dig(*keys)
    end

    # Whether the lab host reaches the guests of a provider at forwarded ports.
    def forwarded?(provider)
      value("forwarded").include?(provider.to_s)
    end

    # The guest of that name.
    def guest(name)
      @guests.find { |guest| guest.name == name.to_s }
    end

    private

    def build_guest(values)
      absent = Guest.members.map(&:to_s) - values.keys
      unless absent.empty?
        raise Errors::TopologyError, "The topology file #{@path} has a guest without #{absent.join(", ")}."
      end

      Guest.new(**values.slice(*Guest.members.map(&:to_s)).transform_keys(&:to_sym))
    end
  end
end
