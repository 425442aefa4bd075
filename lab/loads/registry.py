"""Finds the loads: each module of `loads` that defines `LOAD`."""

import importlib
import pkgutil
from functools import cache

import loads
from core.errors import HvlabError
from loads.base import Load, Size

IDLE = "idle"


@cache
def all_loads() -> dict[str, Load]:
    """Return the loads by name, in the order of their names; `idle` comes first."""
    found: list[Load] = []
    for module in pkgutil.iter_modules(loads.__path__, prefix=f"{loads.__name__}."):
        load = getattr(importlib.import_module(module.name), "LOAD", None)
        if isinstance(load, Load):
            found.append(load)
    return {load.name: load for load in sorted(found, key=lambda each: (each.name != IDLE, each.name))}


def get_load(name: str) -> Load:
    """Return the load called `name`.

    Raises:
        HvlabError: There is none.
    """
    known = all_loads()
    if name not in known:
        raise HvlabError(f"unknown load {name!r}", f"choose one of: {', '.join(known)}", code="unknown-load")
    return known[name]


def all_sizes() -> dict[str, Size]:
    """Return the sizes of all loads by name.

    Raises:
        HvlabError: Two loads have different sizes of one name.
    """
    found: dict[str, Size] = {}
    for load in all_loads().values():
        for size in load.sizes:
            if found.setdefault(size.name, size) != size:
                raise HvlabError(f"load {load.name}: size {size.name} differs from that of another load")
    return found
