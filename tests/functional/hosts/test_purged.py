"""A lab on a host that is not ours, purged: on record or lost, damaged or killed, and who still works at it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from core.errors import HvlabError
from hypervisors.registry import get_hypervisor
from lab.hosts import unmanaged
from lab.hosts.local import LocalHost
from lab.hosts.unmanaged import RealHost
from lab.lifecycle import take_down
from lab.purge import purge
from lab.state.processes import tagged_env
from lab.state.rollback_journal import JOURNAL, Steps
from tests.functional.hosts.conftest import ssh_host, unreachable
from tests.functional.ssh.old_sshd import OldSshd

KVM, XEN = get_hypervisor("kvm"), get_hypervisor("xen")


def purged(state: Path, host: RealHost | None = None) -> list[str]:
    lines: list[str] = []
    purge(state, lines.append, host.address if host else None, host.config if host else "")
    return lines


def test_purge_sets_a_host_back_and_keeps_what_it_needs_for_that(sshd: OldSshd, tmp_path: Path, place: Path) -> None:
    host = ssh_host(sshd, tmp_path, tmp_path / "state")
    Steps(host.state).before(*host.steps[0])
    host.boot(KVM)
    with unreachable(host), pytest.raises(HvlabError, match="cannot be reached over SSH"):
        purged(host.state)
    assert (host.state / "restore.sh").exists()
    assert f"removed: what the lab made on {host.address.text} (kvm)" in purged(host.state)
    assert not (host.state / "steps.jsonl").exists()
    assert not (place / "owner").exists()
    assert not host.state.exists()


@pytest.mark.parametrize("command", ["lab.purge", "lab.down"])
def test_what_a_killed_command_left_running_ends_before_the_host_is_set_back(
    host: RealHost, place: Path, tmp_path: Path, command: str
) -> None:
    Steps(host.state).before(*host.steps[0])
    host.boot(KVM)
    with tagged_env(host.state):
        left = subprocess.Popen(["sleep", "60"])
    seen = tmp_path / "seen"
    (host.state / "takedown.sh").write_text(f"kill -0 {left.pid} 2>/dev/null || echo gone >'{seen}'\n")
    if command == "lab.purge":
        assert any(f"process {left.pid}: sleep 60" in line for line in purged(host.state))
    else:
        take_down(host.state)
    assert seen.exists()
    assert not (place / "owner").exists()


def test_purge_asks_a_named_host_of_which_nothing_is_on_record(
    host: RealHost, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.purge.program", lambda state: "echo domain server1\n")
    with pytest.raises(HvlabError, match="has no lab of") as raised:
        purged(host.state, host)
    assert raised.value.hint == "it has none at all"
    host.boot(KVM)
    shutil.rmtree(host.state)
    assert purged(host.state, host) == [f"removed: on {host.address.text}: domain server1"]
    assert not (place / "owner").exists()


@pytest.mark.parametrize("journal", [None, "{damaged}\n"])
def test_purge_takes_a_host_on_record_down_whatever_the_journal_says(
    host: RealHost, place: Path, journal: str | None
) -> None:
    host.boot(KVM)
    if journal:
        (host.state / JOURNAL).write_text(journal)
    assert f"removed: what the lab made on {host.address.text} (kvm)" in purged(host.state)
    assert not (place / "owner").exists()
    assert not host.state.exists()


def test_purge_with_a_damaged_record_wants_the_hosts_name_and_sets_it_back(host: RealHost, place: Path) -> None:
    host.boot(KVM)
    (host.state / unmanaged.RECORD).write_text("{")
    (host.state / "restore.sh").write_text(f"touch {place}/set-back\n")
    with pytest.raises(HvlabError, match=r"real\.json is damaged") as raised:
        purged(host.state)
    assert "lab.purge --host=" in raised.value.hint
    assert (place / "owner").exists()
    purged(host.state, host)
    assert (place / "set-back").exists()
    assert not (place / "owner").exists()
    assert not host.state.exists()


def lose(host: RealHost, place: Path) -> None:
    """Lose a lab's folder; in place of what would undo the lab something that tells."""
    host.boot(KVM)
    assert (place / "takedown.sh").read_text().startswith("HVLAB_MASTER=\n")
    assert (place / "restore.sh").read_text() == (host.state / "restore.sh").read_text()
    (place / "takedown.sh").write_text("echo removed guest server1\n")
    (place / "restore.sh").write_text(f"touch {place}/restored\n")
    shutil.rmtree(host.state)


def test_purge_sets_a_host_back_whose_lab_is_lost(host: RealHost, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.purge.program", lambda state: "echo network hvlab\n")
    lose(host, place)
    assert purged(host.state, host) == [
        f"removed: on {host.address.text}: {what}" for what in ("network hvlab", "guest server1")
    ]
    assert sorted(path.name for path in place.iterdir()) == ["boxes-abc", "restored"]


def test_what_does_not_go_keeps_the_host(here: LocalHost, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.purge.program", lambda state: "")
    lose(here, place)
    (place / "takedown.sh").write_text("echo removed guest server1\necho left: network hvlab >&2\nexit 1\n")
    with pytest.raises(HvlabError, match=r"setting the lab host back failed on .*: left: network hvlab"):
        purged(here.state, here)
    assert sorted(path.name for path in place.iterdir()) == ["boxes-abc", "owner", "restore.sh", "takedown.sh"]


def test_a_lost_lab_is_undone_before_the_next_of_its_folder(here: LocalHost, place: Path) -> None:
    lose(here, place)
    here.boot(KVM)
    assert (place / "restored").exists()
    assert "transparent_hugepage" in (place / "restore.sh").read_text()
    here.stop()
    assert not (place / "owner").exists()


def test_who_still_works_at_a_host_is_ended_before_it_is_set_back(
    here: LocalHost, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.purge.program", lambda state: "echo domain server1\n")
    here.boot(KVM)
    with tagged_env(here.state):
        left = subprocess.Popen(["sleep", "60"])
    shutil.rmtree(here.state)
    assert purged(here.state, here) == [
        f"removed: process {left.pid}: sleep 60",
        f"removed: on {here.address.text}: domain server1",
    ]
