"""An unmanaged lab host, this machine or one with OpenSSH 4.3's algorithms: claimed, supplied, given back."""

import json
from pathlib import Path

import pytest

from core.errors import HvlabError
from hypervisors.registry import get_hypervisor
from lab.active_lab import ActiveLab
from lab.connectors.base import Machine
from lab.hosts.local import LocalHost
from lab.hosts.resources import lab_owner
from lab.hosts.unmanaged import UnmanagedHost
from lab.hosts.unmanaged_lab import RECORD, UnmanagedLab, recorded
from tests.functional.hosts.conftest import ssh_host, unreachable
from tests.functional.ssh.old_sshd import OldSshd
from tests.support.errors import raises_code

KVM, XEN = get_hypervisor("kvm"), get_hypervisor("xen")


def test_claimed_supplied_and_given_back(host: UnmanagedHost, place: Path, tmp_path: Path) -> None:
    state = host.state
    host.boot(KVM)
    active = ActiveLab(state).host
    assert host.running() == active.provider == "kvm"
    assert active.address == host.address.text
    assert (place / "owner").read_text().strip() == lab_owner(state)
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
    saved = (state / "rollback.sh").read_text()
    assert "domain 'server2 (qemu:///system)' - domain qemu:///system server2 52:54:00:68:76:02 /kvm" in saved
    assert saved == (place / "rollback.sh").read_text()
    with pytest.raises(HvlabError) as error:
        ActiveLab(state).require_off()
    assert error.value.code == "lab-is-up"
    with raises_code("other-lab-host", "nested"):
        active.require_named("nested")
    active.require_named(host.address.text)
    assert host.shell.answers()
    host.stop()
    assert host.running() is None
    assert not (place / "owner").exists()
    assert {path.name for path in state.iterdir()} <= {"ssh_config"}
    assert folder.is_dir()
    assert [path.name for path in place.iterdir()] == ["boxes-abc"]
    # Nothing is left to do.
    host.stop()


def test_boxes_are_put_once(host: UnmanagedHost, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host.boot(KVM)
    host.stop()

    def refuse(self: Machine, source: object, target: str, *, timeout: float) -> str:
        raise AssertionError(f"{target} is put again")

    monkeypatch.setattr(Machine, "put", refuse)
    host.boot(KVM)
    host.stop()


def test_what_was_cut_off_is_put_again(host: UnmanagedHost, place: Path) -> None:
    host.boot(KVM)
    host.stop()
    (place / "boxes-abc" / ".have-boot").unlink()
    (place / "boxes-abc" / "boot" / "vmlinux").write_text("half")
    host.boot(KVM)
    assert (place / "boxes-abc" / "boot" / "vmlinux").read_text() == "content of boot/vmlinux"
    host.stop()


def test_two_labs_on_one_host_the_second_is_told_whose_the_first_is(
    host: UnmanagedHost, sshd: OldSshd, tmp_path: Path
) -> None:
    host.boot(KVM)
    second = ssh_host(sshd, tmp_path, tmp_path / "second")
    with raises_code("host-is-claimed", "/state") as raised:
        second.boot(KVM)
    assert f"HVLAB_STATE={host.state} ./invoke lab.purge --host=" in raised.value.hint
    assert second.running() is None
    assert host.running() == "kvm"
    host.stop()
    second.boot(KVM)
    second.stop()


def test_another_kernel_is_asked_for_before_anything_is_done(host: UnmanagedHost, place: Path) -> None:
    wrong = host.obstacle(XEN)
    assert wrong
    assert host.obstacle(KVM) is None
    with raises_code("wrong-kernel") as raised:
        host.boot(XEN)
    assert "reboot it into" in raised.value.hint
    assert not place.exists()
    assert not host.state.exists()


def test_what_cannot_be_supplied_leaves_nothing(
    host: UnmanagedHost, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Machine, source: object, target: str, *, timeout: float) -> str:
        raise HvlabError("No space left on device")

    monkeypatch.setattr(Machine, "put", fail)
    with pytest.raises(HvlabError, match="No space left"):
        host.boot(KVM)
    assert host.running() is None
    assert not (place / "owner").exists()


def test_a_restart_of_the_host_is_noticed(host: UnmanagedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    host.boot(KVM)
    assert host.died() is None
    monkeypatch.setattr(host, "_asked", 0.0)
    assert host.died() is None
    record = host.state / RECORD
    record.write_text(json.dumps({**json.loads(record.read_text()), "boot_id": "another"}))
    monkeypatch.setattr(host, "_asked", 0.0)
    assert host.died() == "the lab host was restarted"
    host.stop()


def test_a_host_that_cannot_be_reached_keeps_its_record(sshd: OldSshd, tmp_path: Path, place: Path) -> None:
    host = ssh_host(sshd, tmp_path, tmp_path / "state")
    host.boot(KVM)
    with unreachable(host):
        with pytest.raises(HvlabError, match="cannot be reached over SSH"):
            host.stop()
        assert host.running() == "kvm"
    host.stop()
    assert host.running() is None


def test_a_claim_is_on_record_before_it_is_made(
    host: UnmanagedHost, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that is killed in between would else leave a host that this lab has and nobody knows of."""
    seen, claim = [], UnmanagedLab.claim

    def look_and_claim(self: UnmanagedLab) -> None:
        seen.append(recorded(self.state))
        claim(self)

    monkeypatch.setattr(UnmanagedLab, "claim", look_and_claim)
    host.boot(KVM)
    assert [record.address for record in seen if record] == [host.address.text]
    host.stop()


def test_a_controller_that_was_renamed_meanwhile_gives_its_host_back(
    here: LocalHost, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.boot(KVM)
    monkeypatch.setattr("platform.node", lambda: "another-name")
    here.stop()
    assert not (place / "owner").exists()
    assert here.running() is None
