"""Functional tests: real programs on this machine, no hypervisor. What takes long is made once for all of them."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from report.render import paper
from tests.support.made_up import REFERENCE


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


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper of the published study, in English; only to be read."""
    return once(tmp_path_factory, "paper-en", lambda out: paper.render(REFERENCE, out)) / "paper.en.pdf"


@pytest.fixture(scope="session")
def korean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper of the published study, in Korean; only to be read."""
    return once(tmp_path_factory, "paper-ko", lambda out: paper.render(REFERENCE, out, "ko")) / "paper.ko.pdf"
