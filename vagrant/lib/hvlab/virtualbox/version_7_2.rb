# frozen_string_literal: true

require_relative "version_7_1"

module Hvlab
  module VirtualBox
    # Driver for VirtualBox 7.2: its commands are those of 7.1.
    class Version_7_2 < Version_7_1
    end
  end
end
