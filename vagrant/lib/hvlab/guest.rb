# frozen_string_literal: true

module Hvlab
  # One guest of the topology. Its memory is in MiB; `ssh_forward` is the lab host's port that leads to the guest's
  # SSH where the hypervisor forwards one.
  Guest = Struct.new(:name, :mac, :address, :memory_mib, :vcpus, :ssh_forward, keyword_init: true)
end
