"""Finds the meters: each module of study.meters, of loads or of a hypervisor's folder that defines `METER`."""

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import loads
import study.meters
from core.errors import HvlabError
from hypervisors.registry import plugin_modules
from study.meters.base import Meter


def _modules() -> Iterator[ModuleType]:
    for package in (study.meters, loads):
        for module in pkgutil.iter_modules(package.__path__, prefix=f"{package.__name__}."):
            yield importlib.import_module(module.name)
    yield from plugin_modules()


@cache
def _registry() -> dict[str, Meter]:
    found: dict[str, Meter] = {}
    for module in _modules():
        candidate = getattr(module, "METER", None)
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
    """List the meters that are read in the newest guest, ordered by name."""
    return [each for each in all_meters() if each.where == "guest"]


def meter(name: str) -> Meter:
    """Find a meter by its name.

    Raises:
        HvlabError: There is none of that name.
    """
    try:
        return _registry()[name]
    except KeyError:
        raise HvlabError(
            f"unknown meter {name!r}", f"valid meters: {', '.join(_registry())}", code="unknown-meter"
        ) from None
