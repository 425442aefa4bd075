"""A lab on an unmanaged host is purged: on record, lost, damaged, or still worked at."""

import shutil
import subprocess
from pathlib import Path

import pytest

from core.resources.base import Resource
from hypervisors.registry import get_hypervisor
from lab.active_lab import ActiveLab
from lab.hosts.local import LocalHost
from lab.hosts.rollback_script import NAME
from lab.hosts.unmanaged import UnmanagedHost
from lab.hosts.unmanaged_lab import RECORD
from lab.state.processes import tagged_env
from lab.state.rollback_journal import JOURNAL, Steps
from tests.functional.hosts.conftest import ssh_host, unreachable
from tests.functional.ssh.old_sshd import OldSshd
from tests.support.errors import raises_code
from tests.support.purges import purged

KVM, XEN = get_hypervisor("kvm"), get_hypervisor("xen")


def test_purge_sets_a_host_back_and_keeps_what_it_needs_for_that(sshd: OldSshd, tmp_path: Path, place: Path) -> None:
    host = ssh_host(sshd, tmp_path, tmp_path / "state")
    Steps(host.state).before(*host.steps[0])
    host.boot(KVM)
    with unreachable(host), raises_code("not-removed", "cannot be reached over SSH"):
        purged(host.state)
    assert (host.state / NAME).exists()
    (host.state / NAME).write_text(undoing("server1"))
    assert f"removed: on {host.address.text}: domain server1" in purged(host.state)
    assert not (host.state / "steps.jsonl").exists()
    assert not (place / "owner").exists()
    assert not host.state.exists()


@pytest.mark.parametrize("command", ["lab.purge", "lab.down"])
def test_what_a_killed_command_left_running_ends_before_the_host_is_set_back(
    host: UnmanagedHost, place: Path, tmp_path: Path, command: str
) -> None:
    Steps(host.state).before(*host.steps[0])
    host.boot(KVM)
    with tagged_env(host.state):
        left = subprocess.Popen(["sleep", "60"])
    seen = tmp_path / "seen"
    (host.state / NAME).write_text(f"kill -0 {left.pid} 2>/dev/null || echo gone >'{seen}'; echo end\n")
    if command == "lab.purge":
        assert any(f"process {left.pid}: sleep 60" in line for line in purged(host.state))
    else:
        ActiveLab(host.state).take_down()
    assert seen.exists()
    assert not (place / "owner").exists()


def undoing(*removed: str, failed: str = "", touched: str = "") -> str:
    """Return a program that stands for the one that undoes a lab: it says so, and touches a file."""
    lines = [f"printf 'removed\\tdomain\\t{name}\\t\\n'" for name in removed]
    lines += [f"printf 'failed\\tnetwork\\t{failed}\\tis still there\\n'"] if failed else []
    lines += [f"touch '{touched}'"] if touched else []
    return "\n".join([*lines, "echo end", ""])


def test_purge_asks_a_named_host_of_which_nothing_is_on_record(
    host: UnmanagedHost, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the host has lost what it had saved: all that may be the lab's is looked for."""
    note = tmp_path / "note"
    note.write_text("ours")
    library = 'note_probe() { if [ -e "$1" ]; then state=owned; else state=absent; fi; }\nnote_remove() { rm "$1"; }\n'
    known = [Resource("note", str(note), "note", (str(note),), (library,))]
    monkeypatch.setattr("lab.purge.all_resources", lambda *_: known)
    with raises_code("not-removed") as raised:
        purged(host.state, host)
    assert "it has none at all" in str(raised.value)
    assert note.exists()
    host.boot(KVM)
    shutil.rmtree(host.state)
    (place / NAME).unlink()
    assert purged(host.state, host) == [f"removed: on {host.address.text}: note {note}"]
    assert not (place / "owner").exists()


@pytest.mark.parametrize("journal", [None, "{damaged}\n"])
def test_purge_takes_a_host_on_record_down_whatever_the_journal_says(
    host: UnmanagedHost, place: Path, journal: str | None
) -> None:
    host.boot(KVM)
    if journal:
        (host.state / JOURNAL).write_text(journal)
    (host.state / NAME).write_text(undoing("server1"))
    assert f"removed: on {host.address.text}: domain server1" in purged(host.state)
    assert not (place / "owner").exists()
    assert not host.state.exists()


def test_purge_with_a_damaged_record_wants_the_hosts_name_and_sets_it_back(host: UnmanagedHost, place: Path) -> None:
    host.boot(KVM)
    (host.state / RECORD).write_text("{")
    (host.state / NAME).write_text(undoing(touched=f"{place}/set-back"))
    (place / NAME).write_text(undoing(touched=f"{place}/set-back"))
    with raises_code("damaged-file", "unmanaged.json") as raised:
        purged(host.state)
    assert "lab.purge --host=" in raised.value.hint
    assert (place / "owner").exists()
    purged(host.state, host)
    assert (place / "set-back").exists()
    assert not (place / "owner").exists()
    assert not host.state.exists()


def lose(host: UnmanagedHost, place: Path) -> None:
    """Lose a lab's folder; in place of what would undo the lab something that tells."""
    host.boot(KVM)
    assert (place / NAME).read_text() == (host.state / NAME).read_text()
    (place / NAME).write_text(undoing("server1", touched=f"{place}/restored"))
    shutil.rmtree(host.state)


def test_purge_sets_a_host_back_whose_lab_is_lost(host: UnmanagedHost, place: Path) -> None:
    lose(host, place)
    assert purged(host.state, host) == [f"removed: on {host.address.text}: domain server1"]
    assert sorted(path.name for path in place.iterdir()) == ["boxes-abc", "restored"]


def test_what_does_not_go_keeps_the_host(here: LocalHost, place: Path) -> None:
    lose(here, place)
    (place / NAME).write_text(undoing("server1", failed="hvlab"))
    with raises_code("not-removed", "local: network hvlab"):
        purged(here.state, here)
    assert sorted(path.name for path in place.iterdir()) == ["boxes-abc", "owner", NAME]


@pytest.mark.parametrize("damage", ["", "echo nonsense\n", "printf 'removed\\tdomain\\tserver1\\t\\n'\n"])
def test_an_answer_that_is_not_whole_keeps_the_host(here: LocalHost, place: Path, damage: str) -> None:
    lose(here, place)
    (place / NAME).write_text(damage)
    with raises_code("not-removed"):
        purged(here.state, here)
    assert (place / "owner").exists()


def test_a_lost_lab_is_undone_before_the_next_of_its_folder(here: LocalHost, place: Path) -> None:
    lose(here, place)
    here.boot(KVM)
    assert (place / "restored").exists()
    assert "remove setting 'CPU page lists'" in (place / NAME).read_text()
    here.stop()
    assert not (place / "owner").exists()


def test_who_still_works_at_a_host_is_ended_before_it_is_set_back(here: LocalHost, place: Path) -> None:
    here.boot(KVM)
    with tagged_env(here.state):
        left = subprocess.Popen(["sleep", "60"])
    shutil.rmtree(here.state)
    (place / NAME).write_text(undoing("server1"))
    assert purged(here.state, here) == [
        f"removed: process {left.pid}: sleep 60",
        f"removed: on {here.address.text}: domain server1",
    ]


def test_what_is_somebody_elses_is_said_to_be_left(here: LocalHost, place: Path) -> None:
    here.boot(KVM)
    (here.state / NAME).write_text("printf 'foreign\\tnetwork\\thvlab\\tits UUID is not this lab\\n'; echo end\n")
    assert "left: on local: network hvlab (its UUID is not this lab)" in purged(here.state)
    assert not (place / "owner").exists()
