"""A lab host that is not ours, this machine or one with OpenSSH 4.3's algorithms: claimed, supplied, given back."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.bringup import require_off, take_down
from lab.errors import HvlabError
from lab.hosts import goods, kept, real, recorded
from lab.hosts.address import Address, parse_host
from lab.hosts.local import LocalHost
from lab.hosts.real import RealHost
from lab.hosts.remote import RemoteHost
from lab.identity import marked
from lab.images.boxes import Boxes
from lab.machine import Machine
from lab.providers import get_provider
from lab.purge import purge
from lab.steps import JOURNAL, Steps
from tests.unit.ssh.old_sshd import OldSshd

KVM, XEN = get_provider("kvm"), get_provider("xen")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for /var/lib/hvlab; nothing else of this machine is touched: no guest is prepared for."""
    found = tmp_path / "host"
    for module in (goods, kept, real):
        monkeypatch.setattr(module, "PLACE", str(found))
    monkeypatch.setattr("lab.hosts.takedown.MARK", "HVLAB_SESSION_OF_TEST")
    monkeypatch.setattr("lab.hosts.takedown.FOLDER", str(tmp_path / "session"))
    return found


def boxes(folder: Path) -> Boxes:
    made = Boxes("hvlab/debian-12", "1.0.1", folder / "boxes-abc" / "boxes", folder / "store.img")
    for name in (f"{made.path('libvirt')}/box.img", f"{made.path('xen')}/disk.raw", "boot/vmlinux", "boot/initrd"):
        (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (made.folder / name).write_text(f"content of {name}")
    with (made.folder / made.path("libvirt") / "box.img").open("ab") as image:
        image.truncate(64 << 20)
    return made


def ssh_host(sshd: OldSshd, folder: Path, state: Path) -> RemoteHost:
    config = folder / "user_config"
    config.write_text(f"IdentityFile {sshd.key}\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n")
    address = parse_host(f"ssh://{sshd.user}@127.0.0.1:{sshd.port}")
    return RemoteHost(address, str(config), lambda: boxes(folder), 2, state)


@pytest.fixture
def here(tmp_path: Path, place: Path) -> LocalHost:
    """For what is the same over SSH, where each line takes a moment."""
    return LocalHost(Address("local", "local"), lambda: boxes(tmp_path), 2, tmp_path / "state")


@pytest.fixture(params=["local", "ssh"])
def host(request: pytest.FixtureRequest, sshd: OldSshd, tmp_path: Path, place: Path) -> RealHost:
    if request.param == "ssh":
        return ssh_host(sshd, tmp_path, tmp_path / "state")
    return LocalHost(Address("local", "local"), lambda: boxes(tmp_path), 2, tmp_path / "state")


def test_claimed_supplied_and_given_back(host: RealHost, place: Path, tmp_path: Path) -> None:
    state = host.state
    host.boot(KVM)
    assert host.running() == recorded.running_provider(state) == "kvm"
    assert recorded.address_of(state) == host.address.text
    assert (place / "owner").read_text().strip() == real.owner_of(state)
    folder = place / "boxes-abc"
    assert (folder / "boot" / "vmlinux").read_text() == "content of boot/vmlinux"
    box = folder / "hvlab-VAGRANTSLASH-debian-12" / "1.0.1" / "libvirt" / "box.img"
    if host.kind == "ssh":
        assert box.stat().st_size == 64 << 20
        assert box.stat().st_blocks * 512 < 1 << 20
        assert Path(host.store.boxes) == folder
    else:
        # It is here already.
        assert not box.exists()
        assert Path(host.store.boxes) == tmp_path / "boxes-abc" / "boxes"
    assert Path(host.store.start) == folder
    assert not (folder / ".archive").exists()
    assert "server2,52:54:00:68:76:02" in (state / "takedown.sh").read_text()
    assert "transparent_hugepage" in (state / "restore.sh").read_text()
    with pytest.raises(HvlabError, match="up already, under KVM"):
        require_off(state)
    with pytest.raises(HvlabError, match=r"is up on .*, not on nested"):
        recorded.require_asked_for(state, "nested")
    recorded.require_asked_for(state, host.address.text)
    assert host.ssh.answers()
    host.stop()
    assert host.running() is None
    assert not (place / "owner").exists()
    assert {path.name for path in state.iterdir()} <= {"ssh_config"}
    assert folder.is_dir()
    assert [path.name for path in place.iterdir()] == ["boxes-abc"]
    # Nothing is left to do.
    host.stop()


def test_boxes_are_put_once(host: RealHost, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host.boot(KVM)
    host.stop()

    def refuse(self: Machine, source: object, target: str, *, timeout: float) -> str:
        raise AssertionError(f"{target} is put again")

    monkeypatch.setattr(Machine, "put", refuse)
    host.boot(KVM)
    host.stop()


def test_what_was_cut_off_is_put_again(host: RealHost, place: Path) -> None:
    host.boot(KVM)
    host.stop()
    (place / "boxes-abc" / ".have-boot").unlink()
    (place / "boxes-abc" / "boot" / "vmlinux").write_text("half")
    host.boot(KVM)
    assert (place / "boxes-abc" / "boot" / "vmlinux").read_text() == "content of boot/vmlinux"
    host.stop()


def test_two_labs_on_one_host_the_second_is_told_whose_the_first_is(
    host: RealHost, sshd: OldSshd, tmp_path: Path
) -> None:
    host.boot(KVM)
    second = ssh_host(sshd, tmp_path, tmp_path / "second")
    with pytest.raises(HvlabError, match=r"has a lab already, of .*/state") as raised:
        second.boot(KVM)
    assert f"HVLAB_STATE={host.state} ./invoke lab.purge --host=" in raised.value.hint
    assert second.running() is None
    assert host.running() == "kvm"
    host.stop()
    second.boot(KVM)
    second.stop()


def test_another_kernel_is_asked_for_before_anything_is_done(host: RealHost, place: Path) -> None:
    wrong = host.obstacle(XEN)
    assert wrong
    assert host.obstacle(KVM) is None
    with pytest.raises(HvlabError, match="runs the plain kernel, xen needs Xen") as raised:
        host.boot(XEN)
    assert "reboot it into" in raised.value.hint
    assert not place.exists()
    assert not host.state.exists()


def test_what_cannot_be_supplied_leaves_nothing(host: RealHost, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Machine, source: object, target: str, *, timeout: float) -> str:
        raise HvlabError("No space left on device")

    monkeypatch.setattr(Machine, "put", fail)
    with pytest.raises(HvlabError, match="No space left"):
        host.boot(KVM)
    assert host.running() is None
    assert not (place / "owner").exists()


def test_a_restart_of_the_host_is_noticed(host: RealHost, monkeypatch: pytest.MonkeyPatch) -> None:
    host.boot(KVM)
    assert host.died() is None
    monkeypatch.setattr(host, "_asked", 0.0)
    assert host.died() is None
    record = host.state / real.RECORD
    record.write_text(json.dumps({**json.loads(record.read_text()), "boot_id": "another"}))
    monkeypatch.setattr(host, "_asked", 0.0)
    assert host.died() == "the lab host was restarted"
    host.stop()


@contextmanager
def unreachable(host: RealHost) -> Iterator[None]:
    """Have no key for a host within the block."""
    config = Path(host.config)
    right = config.read_text()
    config.write_text("IdentityFile /nonexistent\nIdentitiesOnly yes\n")
    yield
    config.write_text(right)


def test_a_host_that_cannot_be_reached_keeps_its_record(sshd: OldSshd, tmp_path: Path, place: Path) -> None:
    host = ssh_host(sshd, tmp_path, tmp_path / "state")
    host.boot(KVM)
    with unreachable(host):
        with pytest.raises(HvlabError, match="cannot be reached over SSH"):
            host.stop()
        assert host.running() == "kvm"
    host.stop()
    assert host.running() is None


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
    with marked(host.state):
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
    (host.state / real.RECORD).write_text("{")
    (host.state / "restore.sh").write_text(f"touch {place}/set-back\n")
    with pytest.raises(HvlabError, match=r"real\.json is damaged") as raised:
        purged(host.state)
    assert "lab.purge --host=" in raised.value.hint
    assert (place / "owner").exists()
    purged(host.state, host)
    assert (place / "set-back").exists()
    assert not (place / "owner").exists()
    assert not host.state.exists()


def test_a_claim_is_on_record_before_it_is_made(host: RealHost, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that is killed in between would else leave a host that this lab has and nobody knows of."""
    seen, claim = [], RealHost._claim

    def look_and_claim(self: RealHost) -> None:
        seen.append(real.recorded(self.state))
        claim(self)

    monkeypatch.setattr(RealHost, "_claim", look_and_claim)
    host.boot(KVM)
    assert [record.address for record in seen if record] == [host.address.text]
    host.stop()


def test_a_name_that_is_no_lab_host_is_refused_also_when_the_lab_is_off(tmp_path: Path) -> None:
    with pytest.raises(HvlabError, match="no such lab host"):
        recorded.require_asked_for(tmp_path, "bogus")
    recorded.require_asked_for(tmp_path, "ssh://root@server")


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
    with marked(here.state):
        left = subprocess.Popen(["sleep", "60"])
    shutil.rmtree(here.state)
    assert purged(here.state, here) == [
        f"removed: process {left.pid}: sleep 60",
        f"removed: on {here.address.text}: domain server1",
    ]
