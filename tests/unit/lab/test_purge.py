"""lab.purge: what carries the lab's name goes, nothing else does, and all of it is told."""

import os
from pathlib import Path

import pytest

from hypervisors.registry import all_hypervisors
from lab.state.lock import LabLockedError, acquire_lab
from lab.state.rollback_journal import Steps
from tests.support.purges import purged


def test_nothing_to_remove_is_said_and_is_no_error(tmp_path: Path) -> None:
    state = tmp_path / "lab"
    (line,) = purged(state)
    assert line.startswith("nothing to remove: no process and no file carries the name hvlab-")
    assert not state.exists()


def test_what_somebody_put_into_the_labs_folder_stays(tmp_path: Path) -> None:
    for name in ("host.json", "ssh.sock.Ab12", "notes.md", ".vimrc", "key"):
        (tmp_path / name).write_text("{}" if name == "host.json" else "x")
    (tmp_path / "host.json").write_text('{"pid": 0, "started": "", "provider": "kvm", "accelerator": "tcg"}')
    assert [Path(line.rpartition(" ")[2]).name for line in purged(tmp_path)] == ["host.json", "key", "ssh.sock.Ab12"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".vimrc", "notes.md"]


def test_a_lab_that_a_living_command_has_is_left_alone(tmp_path: Path) -> None:
    for name in ("key", "console.log"):
        (tmp_path / name).write_text("x")
    with acquire_lab(tmp_path), pytest.raises(LabLockedError, match=f"process {os.getpid()}, "):
        purged(tmp_path)
    assert (tmp_path / "key").exists()


def test_a_broken_journal_keeps_nothing_from_being_removed(tmp_path: Path) -> None:
    Steps(tmp_path).before("a thing of another hvlab", "dissolve")
    (tmp_path / "key").write_text("x")
    assert f"removed: file {tmp_path}/key" in purged(tmp_path)
    assert purged(tmp_path)[0].startswith("nothing to remove")


@pytest.mark.parametrize("name", all_hypervisors())
def test_what_a_purge_leaves_is_a_labs_folder_still(tmp_path: Path, name: str) -> None:
    """On an unmanaged host there is no console's log: Vagrant's is the only one."""
    state = tmp_path / "lab"
    with acquire_lab(state):
        (state / f"vagrant-{name}.log").write_text("x")
    assert purged(state)[0].startswith("nothing to remove")
    with acquire_lab(state):
        assert (state / f"vagrant-{name}.log").exists()
