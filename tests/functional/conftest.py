"""Functional tests: real programs on this machine, no hypervisor. What takes long is made once for all of them."""

from pathlib import Path

import pytest

from report.render import paper
from tests.support.made_up import REFERENCE, write_study
from tests.support.shared import once


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper of the published study, in English; only to be read."""
    return once(tmp_path_factory, "paper-en", lambda out: paper.render(REFERENCE, out)) / "paper.en.pdf"


@pytest.fixture(scope="session")
def korean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper of the published study, in Korean; only to be read."""
    return once(tmp_path_factory, "paper-ko", lambda out: paper.render(REFERENCE, out, "ko")) / "paper.ko.pdf"


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up study of five repeats, its paper in it: all tables, and versions too long for any column."""
    return once(tmp_path_factory, "made-up", _write_made_up)


def _write_made_up(folder: Path) -> None:
    versions = {f"package {'long-name-' * number}": "1.2.3-4+deb12u5" * number for number in range(1, 12)}
    environment = {"kind": "nested", "hardware": [], "partitions": [], "versions": versions}
    paper.render(write_study(folder, repeats=5, info={"environment": environment}), folder / "report")
