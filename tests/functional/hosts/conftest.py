"""Unmanaged lab hosts: this machine, and one behind a real sshd with the algorithms of OpenSSH 4.3."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hypervisors.registry import get_hypervisor
from lab import purge
from lab.connectors.address import Address, parse_host
from lab.hosts import box_upload, rollback_script, unmanaged, unmanaged_lab
from lab.hosts.local import LocalHost
from lab.hosts.ssh import RemoteHost
from lab.hosts.unmanaged import UnmanagedHost
from lab.images.boxes import Boxes
from tests.functional.ssh.old_sshd import ALLOWED, OldSshd, old_sshd


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldSshd]:
    with old_sshd(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for /var/lib/hvlab; nothing else of this machine is touched: no guest is prepared for."""
    found = tmp_path / "host"
    for module in (box_upload, purge, rollback_script, unmanaged, unmanaged_lab):
        monkeypatch.setattr(module, "REMOTE_ROOT", str(found))
    monkeypatch.setattr("lab.hosts.resources.MARK", "HVLAB_SESSION_OF_TEST")
    monkeypatch.setattr("lab.hosts.resources.FOLDER", str(tmp_path / "session"))
    return found


KVM, XEN = (get_hypervisor(name).box for name in ("kvm", "xen"))


def boxes(folder: Path) -> Boxes:
    made = Boxes("hvlab/debian-12", "1.0.1", folder / "boxes-abc" / "boxes", folder / "store.img")
    for name in (f"{made.path(KVM)}/box.img", f"{made.path(XEN)}/disk.raw", "boot/vmlinux", "boot/initrd"):
        (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (made.folder / name).write_text(f"content of {name}")
    with (made.folder / made.path(KVM) / "box.img").open("ab") as image:
        image.truncate(64 << 20)
    return made


def ssh_host(sshd: OldSshd, folder: Path, state: Path) -> RemoteHost:
    config = folder / "user_config"
    config.write_text(f"IdentityFile {sshd.key}\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n{ALLOWED}")
    address = parse_host(f"ssh://{sshd.user}@127.0.0.1:{sshd.port}")
    return RemoteHost(address, str(config), lambda: boxes(folder), 2, state)


@pytest.fixture
def here(tmp_path: Path, place: Path) -> LocalHost:
    """For what is the same over SSH, where each line takes a moment."""
    return LocalHost(Address("local", "local"), lambda: boxes(tmp_path), 2, tmp_path / "state")


@pytest.fixture(params=["local", "ssh"])
def host(request: pytest.FixtureRequest, sshd: OldSshd, tmp_path: Path, place: Path) -> UnmanagedHost:
    if request.param == "ssh":
        return ssh_host(sshd, tmp_path, tmp_path / "state")
    return LocalHost(Address("local", "local"), lambda: boxes(tmp_path), 2, tmp_path / "state")


@contextmanager
def unreachable(host: UnmanagedHost) -> Iterator[None]:
    """Have no key for a host within the block."""
    config = Path(host.config)
    right = config.read_text()
    config.write_text("IdentityFile /nonexistent\nIdentitiesOnly yes\n")
    yield
    config.write_text(right)
