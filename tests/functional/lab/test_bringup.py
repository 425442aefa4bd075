import subprocess
from pathlib import Path

import pytest

from lab.lifecycle import Lab
from lab.settings import Settings
from lab.state.processes import processes_of, tagged_env


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a lab that is nobody's."""
    monkeypatch.setenv("HVLAB_STATE", str(tmp_path / "lab"))
    return tmp_path / "lab"


def test_down_ends_a_machine_that_is_not_on_record_yet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An interrupt may come between its start and the record of it."""
    monkeypatch.setenv("HVLAB_STATE", str(tmp_path))
    with tagged_env(tmp_path), subprocess.Popen(["sleep", "1000"]) as machine:
        assert [process.pid for process in processes_of(tmp_path)] == [machine.pid]
        try:
            Lab(Settings()).down()
            assert processes_of(tmp_path) == []
        finally:
            machine.kill()
