"""One command has a lab at a time; the next is told which; a killed one's name can still be read."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.lock import is_locked
from core.paths import PROJECT
from lab.state.lock import LOCK, LabLockedError, acquire_lab, in_use, killed_owner

HOLD = """\
import sys
from pathlib import Path
from lab.state.lock import acquire_lab
with acquire_lab(Path(sys.argv[1])):
    print("mine", flush=True)
    sys.stdin.read()
"""


def holder(state: Path) -> "subprocess.Popen[str]":
    """Another process that has the lab."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, state], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "mine\n"
    return process


def test_the_second_is_told_who_has_it(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        assert in_use(tmp_path)
        with pytest.raises(LabLockedError, match="another command uses the lab") as refusal, acquire_lab(tmp_path):
            pass
        assert f"process {other.pid}, " in refusal.value.message
        assert "-c" in refusal.value.message
        assert "since 20" in refusal.value.message
        # Being refused has changed nothing of what the lock tells.
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == other.pid
        other.communicate("")
    assert not in_use(tmp_path)
    assert not (tmp_path / LOCK).exists()


def test_who_was_killed_with_it_can_be_read_and_is_no_hindrance(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        assert killed_owner(tmp_path) is None
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert f"process {other.pid}, " in (killed_owner(tmp_path) or "")
    with acquire_lab(tmp_path):
        assert json.loads((tmp_path / LOCK).read_text())["pid"] == os.getpid()
    assert killed_owner(tmp_path) is None


def test_a_lock_that_cannot_be_read_is_told_as_such(tmp_path: Path) -> None:
    with holder(tmp_path) as other:
        (tmp_path / LOCK).write_text("{")
        with pytest.raises(LabLockedError, match="has not written its name"), acquire_lab(tmp_path):
            pass
        other.communicate("")


def test_asking_whether_it_is_free_keeps_nobody_from_taking_it(tmp_path: Path) -> None:
    """A command that looks, as study.status does, is no owner."""
    with holder(tmp_path) as killed:
        killed.kill()
    with (tmp_path / LOCK).open() as asking:
        assert not is_locked(asking)
        with acquire_lab(tmp_path):
            assert is_locked(asking)
