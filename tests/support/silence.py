"""Fails tests during which a library warns."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def no_warnings(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail if a library warns within the block, by Python's warnings or in its log."""
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        yield
    assert [f"{it.name}: {it.getMessage()}" for it in caplog.records if it.levelno >= logging.WARNING] == []
