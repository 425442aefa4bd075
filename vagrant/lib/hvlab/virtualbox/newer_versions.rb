# frozen_string_literal: true

require_relative "version_7_1"
require_relative "version_7_2"

module Hvlab
  module VirtualBox
    # Lets a Vagrant that does not know VirtualBox 7.1 and 7.2 (2.3.x) drive them. Vagrants that know the
    # version never come here: the driver's own choice is asked first.
    module NewerVersions
      DRIVERS = { "7.1" => Version_7_1, "7.2" => Version_7_2 }.freeze

      def initialize(uuid = nil)
        super
      rescue Vagrant::Errors::VirtualBoxInvalidVersion
        @version = self.class.class_variable_get(:@@version)
        driver = DRIVERS[@version.to_s.split(".").first(2).join(".")]
        raise if driver.nil?

        @driver = driver.new(@uuid)
        raise self.class::VMNotFound if @uuid && !@driver.vm_exists?(@uuid)
      end
    end

    VagrantPlugins::ProviderVirtualBox::Driver::Meta.prepend(NewerVersions)
  end
end
