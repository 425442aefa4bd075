"""The loads, one module each: what the guests of a study do while the lab host is measured.

HVLAB_PLUGINS adds folders (`core.plugins`).
"""

from core.plugins import search_path

__path__ = search_path(__path__, __name__)
