"""The hypervisors: one folder each, with all that hvlab knows of it. HVLAB_PLUGINS adds folders (`core.plugins`)."""

from core.plugins import search_path

__path__ = search_path(__path__, __name__)
