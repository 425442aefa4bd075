"""Two studies of the stand-in lab, which runs can be imported from and into."""

import shutil
from pathlib import Path

import pytest

from dataset.models import load_study, save_study
from study.plan import Plan
from tests.functional.study.fakelab import FakeLab, fake_settings, take


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two studies of two runs each; only to be read."""
    here, there = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    return (
        take(here / "studies", FakeLab(here / "state", fake_settings(1)), Plan(("kvm",), 2, 7)),
        take(there / "studies", FakeLab(there / "state", fake_settings(1)), Plan(("kvm",), 2, 9)),
    )


@pytest.fixture
def two(made: tuple[Path, Path], tmp_path: Path) -> tuple[Path, Path]:
    """Copies of both, the second one from another host."""
    ours = Path(shutil.copytree(made[0], tmp_path / "here" / "ours"))
    theirs = Path(shutil.copytree(made[1], tmp_path / "there" / "theirs"))
    info = load_study(theirs)
    info.id, info.environment.hardware[0].value = "theirs", "another processor"
    save_study(theirs, info)
    return ours, theirs
