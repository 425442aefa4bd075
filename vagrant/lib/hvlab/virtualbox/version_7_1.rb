# frozen_string_literal: true

module Hvlab
  module VirtualBox
    # Driver for VirtualBox 7.1: its commands are those of 7.0.
    class Version_7_1 < VagrantPlugins::ProviderVirtualBox::Driver::Version_7_0
    end
  end
end
