"""The hypervisors, one module each."""

import importlib
import pkgutil

from lab.errors import HvlabError
from lab.providers.base import Provider


def all_providers() -> dict[str, Provider]:
    """Return the providers by name, as the modules of this package define them."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        provider = getattr(importlib.import_module(f"{__name__}.{module.name}"), "PROVIDER", None)
        if provider is not None:
            found[provider.name] = provider
    return found


def get_provider(name: str) -> Provider:
    """Return the provider called `name`.

    Raises:
        HvlabError: If there is none.
    """
    known = all_providers()
    if name not in known:
        raise HvlabError(f"unknown provider {name!r}", f"choose one of: {', '.join(sorted(known))}")
    return known[name]
