# frozen_string_literal: true

# hvlab's part of Vagrant: the topology, each provider's settings, and the provider for Xen.
require_relative "hvlab/topology"
require_relative "hvlab/common"
require_relative "hvlab/kvm"
require_relative "hvlab/virtualbox"
require_relative "hvlab/waiting"
require_relative "hvlab/xen"
