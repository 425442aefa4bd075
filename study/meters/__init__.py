"""The meters: one module each, found by study.meters.registry. HVLAB_PLUGINS adds folders (`core.plugins`)."""

from core.plugins import search_path

__path__ = search_path(__path__, __name__)
