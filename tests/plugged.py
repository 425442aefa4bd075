"""Plug-ins that are there for one test."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import factors
from core.plugins import VARIABLE, search_path
from hypervisors.registry import all_hypervisors
from lab.factors.registry import all_factors
from lab.loads.registry import all_loads
from study.meters import registry as meters

FOLDER = Path(__file__).parent / "plugins"
PRETEND = FOLDER / "hypervisors" / "pretend"
_PACKAGES = ("hypervisors", "study.meters", "loads")


@contextmanager
def plugged_in(folder: Path) -> Iterator[None]:
    """Find the hypervisors, meters and loads of a plug-in folder within the block, as with HVLAB_PLUGINS."""
    before = set(sys.modules)
    packages = [importlib.import_module(name) for name in _PACKAGES]
    with patch.dict("os.environ", {VARIABLE: str(folder)}):
        paths = [patch.object(each, "__path__", search_path(each.__path__, each.__name__)) for each in packages]
    for each in paths:
        each.start()
    _forget()
    try:
        yield
    finally:
        for each in paths:
            each.stop()
        for name in set(sys.modules) - before:
            if name.startswith(tuple(f"{package}." for package in _PACKAGES)):
                del sys.modules[name]
        _forget()


@contextmanager
def factors_plugged_in() -> Iterator[None]:
    """Find the factors of tests/plugins within the block, beside hvlab's own."""
    with patch.object(factors, "__path__", [*factors.__path__, str(FOLDER / "factors")]):
        all_factors.cache_clear()
        yield
    all_factors.cache_clear()


def _forget() -> None:
    for cached in (all_hypervisors, all_factors, all_loads, meters._registry):
        cached.cache_clear()
