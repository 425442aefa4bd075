# frozen_string_literal: true

require "cgi"
require "erb"

module Hvlab
  module Xen
    # libvirt's description of a PV guest.
    class DomainXml
      TEMPLATE = File.expand_path("domain.xml.erb", __dir__)

      def initialize(config)
        @config = config
        @guest = config.guest
      end

      def to_s
        ERB.new(File.read(TEMPLATE), trim_mode: "-").result(binding)
      end

      private

      # Text as it may stand in XML.
      def xml(text)
        CGI.escapeHTML(text.to_s)
      end
    end
  end
end
