"""Finds the hypervisors: each folder of this package whose module `hypervisor` defines `HYPERVISOR`."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import hypervisors
from core.errors import HvlabError
from hypervisors.base import Hypervisor


@cache
def all_hypervisors() -> dict[str, Hypervisor]:
    """Return the hypervisors by name."""
    found = {}
    for folder in pkgutil.iter_modules(hypervisors.__path__, prefix=f"{hypervisors.__name__}."):
        if folder.ispkg:
            hypervisor = getattr(importlib.import_module(f"{folder.name}.hypervisor"), "HYPERVISOR", None)
            if isinstance(hypervisor, Hypervisor):
                found[hypervisor.name] = hypervisor
    return dict(sorted(found.items()))


def get_hypervisor(name: str) -> Hypervisor:
    """Return the hypervisor called `name`.

    Raises:
        HvlabError: There is none of that name.
    """
    known = all_hypervisors()
    if name not in known:
        raise HvlabError(
            f"unknown provider {name!r}", f"choose one of: {', '.join(sorted(known))}", code="unknown-hypervisor"
        )
    return known[name]


def plugin_modules() -> Iterator[ModuleType]:
    """Import every module in a hypervisor's folder: its meters and whatever else other parts collect by type."""
    for folder in pkgutil.iter_modules(hypervisors.__path__, prefix=f"{hypervisors.__name__}."):
        if folder.ispkg:
            package = importlib.import_module(folder.name)
            for module in pkgutil.iter_modules(package.__path__, prefix=f"{folder.name}."):
                yield importlib.import_module(module.name)
