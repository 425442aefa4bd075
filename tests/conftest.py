"""What holds for all tests."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.examples import WHOLE

# How long an example takes depends on what else the machine does; a test is not to fail for that.
settings.register_profile("hvlab", deadline=None, max_examples=300 if WHOLE else 30)
settings.load_profile("hvlab")


@pytest.fixture(autouse=True)
def history(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What things took on this machine: tests neither read nor change it."""
    path: Path = tmp_path_factory.mktemp("history") / "durations-here"
    monkeypatch.setattr("lab.history.history_file", lambda: path)
    return path
