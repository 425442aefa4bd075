"""The factors, one module each: what of the lab host may change a cost, and is set, read back and printed.

HVLAB_PLUGINS adds folders (`core.plugins`).
"""

from core.plugins import search_path

__path__ = search_path(__path__, __name__)
