"""The meters. A module of this package that defines `METER` is a meter; nothing else lists them."""

import importlib
import pkgutil
from functools import cache

from lab.errors import HvlabError
from study.meters.base import Context, Meter, Number

__all__ = ["Context", "Meter", "Number", "all_meters", "guest_meters", "meter", "meters_for"]


@cache
def _registry() -> dict[str, Meter]:
    found: dict[str, Meter] = {}
    for module in pkgutil.iter_modules(__path__, prefix=f"{__name__}."):
        candidate = getattr(importlib.import_module(module.name), "METER", None)
        if isinstance(candidate, Meter):
            found[candidate.name] = candidate
    return dict(sorted(found.items()))


def all_meters() -> list[Meter]:
    """List every meter, ordered by name."""
    return list(_registry().values())


def meters_for(provider: str) -> list[Meter]:
    """List the meters of the lab host that apply to a provider, ordered by name."""
    return [each for each in all_meters() if each.where == "lab host" and each.applies_to(provider)]


def guest_meters() -> list[Meter]:
    """List the meters that are read in a guest, ordered by name."""
    return [each for each in all_meters() if each.where == "guest"]


def meter(name: str) -> Meter:
    """Find a meter by its name.

    Raises:
        HvlabError: There is none of that name.
    """
    try:
        return _registry()[name]
    except KeyError:
        raise HvlabError(f"unknown meter {name!r}", f"valid meters: {', '.join(_registry())}") from None
