"""Finds the factors: each module of `factors`, or of a hypervisor's folder, that defines `FACTOR`."""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from types import ModuleType
from typing import Any

import factors
from core.errors import HvlabError
from core.resources.setting import Setting
from dataset.descriptors import FactorInfo, HypervisorInfo
from factors.base import Factor
from hypervisors.registry import plugin_modules


def _modules() -> Iterator[ModuleType]:
    for module in pkgutil.iter_modules(factors.__path__, prefix=f"{factors.__name__}."):
        yield importlib.import_module(module.name)
    yield from plugin_modules()


@cache
def all_factors() -> dict[str, Factor[Any]]:
    """Return the factors by name, in the order of print."""
    found: list[Factor[Any]] = []
    for module in _modules():
        factor = getattr(module, "FACTOR", None)
        if isinstance(factor, Factor):
            found.append(factor)
    return {factor.name: factor for factor in sorted(found, key=lambda each: (each.order, each.name))}


def get_factor(name: str) -> Factor[Any]:
    """Return the factor called `name`.

    Raises:
        HvlabError: There is none of that name.
    """
    known = all_factors()
    if name not in known:
        raise HvlabError(f"unknown factor {name!r}", f"choose one of: {', '.join(known)}", code="unknown-factor")
    return known[name]


def host_settings() -> list[Setting]:
    """Return what the factors change on a running lab host, in their order."""
    return [factor.setting for factor in all_factors().values() if factor.setting]


def describe_factors(values: Mapping[str, Any], hypervisors: Sequence[HypervisorInfo]) -> list[FactorInfo]:
    """Describe the factors of a study, in the order of print.

    Args:
        values: Name to value, as the study sets it.
        hypervisors: Those of the study.
    """
    return [factor.describe(values[name], hypervisors) for name, factor in all_factors().items() if name in values]
