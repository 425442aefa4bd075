# frozen_string_literal: true

# hvlab's part of Vagrant: the topology, and each hypervisor's settings.
require_relative "hvlab/topology"
require_relative "hvlab/common"
require_relative "hvlab/waiting"
require_relative "hvlab/providers"

Hvlab::Providers.load_all
