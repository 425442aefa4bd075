"""What takes long to make, made once for all workers of a session."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder of this session that all workers share; whoever needs it first lets `make` fill it."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / name
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            # A folder that is there is whole.
            part = shared / f"{name}.part"
            part.mkdir(exist_ok=True)
            make(part)
            part.rename(folder)
    return folder
