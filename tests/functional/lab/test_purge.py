"""lab.purge: what carries the lab's name goes, nothing else does, and all of it is told."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.paths import PROJECT
from lab.state.lock import LOCK, acquire_lab
from lab.state.processes import start_time, tagged_env
from lab.state.rollback_journal import Steps
from tests.support.purges import purged


def test_what_a_killed_command_left_goes(tmp_path: Path) -> None:
    state = tmp_path / "lab"
    state.mkdir()
    owner = {"pid": 2**22 + 1, "command": "./invoke study.run --provider=kvm", "since": "2026-11-24 19:00:00+00:00"}
    (state / LOCK).write_text(json.dumps(owner))
    Steps(state).before("the lab host's disk", "remove", "overlay.qcow2")
    for name in ("overlay.qcow2", "key", ".topology.json.123.part", "console.log"):
        (state / name).write_text("x")
    (state / "vagrant" / "kvm").mkdir(parents=True)
    (state / "failed").mkdir()
    (state / "failed" / "server1-console.txt").write_text("x")
    with tagged_env(state):
        left = subprocess.Popen(["sleep", "60"])
    lines = purged(state)
    assert lines == [
        f"removed: lock of process {2**22 + 1}, './invoke study.run --provider=kvm', since 2026-11-24 19:00:00+00:00,"
        " which no longer runs",
        f"removed: file {state}/overlay.qcow2",
        f"removed: process {left.pid}: sleep 60",
        f"removed: file {state}/.topology.json.123.part",
        f"removed: file {state}/key",
        f"removed: file {state}/vagrant",
    ]
    assert start_time(left.pid) is None
    # What tells what happened stays.
    assert sorted(path.name for path in state.rglob("*")) == ["console.log", "failed", "server1-console.txt"]


def test_two_labs_do_not_disturb_each_other(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    other.mkdir()
    for name in ("key", "console.log"):
        (other / name).write_text("x")
    with acquire_lab(other), subprocess.Popen(["sleep", "60"]) as theirs:
        try:
            assert purged(one)[0].startswith("nothing to remove")
            assert theirs.poll() is None
        finally:
            theirs.kill()
    assert (other / "key").exists()


@pytest.mark.parametrize("name", ["steps.jsonl", "host.json"])
def test_what_cannot_be_read_keeps_nothing_from_being_removed(name: str, tmp_path: Path) -> None:
    for file in ("host.json", "steps.jsonl", "overlay.qcow2"):
        (tmp_path / file).write_text("damaged\n" if file == name else "")
    (tmp_path / "host.json").write_text("damaged")
    with tagged_env(tmp_path):
        machine = subprocess.Popen(["sleep", "60"])
    lines = purged(tmp_path)
    assert f"removed: process {machine.pid}: sleep 60" in lines
    assert f"removed: file {tmp_path}/overlay.qcow2" in lines
    assert start_time(machine.pid) is None
    assert not tmp_path.exists()


def test_killed_in_the_middle_of_being_purged(tmp_path: Path) -> None:
    """Purging is begun again from where it was."""
    line = (
        "import os, signal, sys; from pathlib import Path; from lab.active_lab import ActiveLab\n"
        "from lab.purge import purge\n"
        "purge(ActiveLab(Path(sys.argv[1])), lambda line: os.kill(os.getpid(), signal.SIGKILL))"
    )
    for name in ("one", "two"):
        Steps(tmp_path).before(name, "remove", name)
        (tmp_path / name).write_text("x")
    done = subprocess.run([sys.executable, "-c", line, tmp_path], cwd=PROJECT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert any("file" in line for line in purged(tmp_path))
    assert not tmp_path.exists()
