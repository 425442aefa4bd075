"""Finds the hypervisors: each folder of this package whose module `hypervisor` defines `HYPERVISOR`."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import hypervisors
from core.errors import HvlabError
from hypervisors.base import Hypervisor
from hypervisors.names import MODULE, hypervisor_names


@cache
def all_hypervisors() -> dict[str, Hypervisor]:
    """Return the hypervisors by name, in the order in which they are printed.

    Raises:
        HvlabError: A folder does not define the hypervisor of its name.
    """
    found = []
    for name in hypervisor_names():
        module = importlib.import_module(f"{hypervisors.__name__}.{name}.{MODULE}")
        hypervisor = getattr(module, "HYPERVISOR", None)
        if not isinstance(hypervisor, Hypervisor) or hypervisor.name != name:
            raise HvlabError(
                f"{module.__file__} defines no HYPERVISOR called {name!r}", "see hypervisors/base.py for what it needs"
            )
        found.append(hypervisor)
    return {each.name: each for each in sorted(found, key=lambda each: (each.order, each.name))}


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
    for name in hypervisor_names():
        package = importlib.import_module(f"{hypervisors.__name__}.{name}")
        for module in pkgutil.iter_modules(package.__path__, prefix=f"{package.__name__}."):
            yield importlib.import_module(module.name)
