"""The machines that are asked: this one, and a real sshd with the algorithms of OpenSSH 4.3."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from lab.connectors.address import Address
from lab.connectors.base import CommandTimeoutError, Completed
from lab.doctor.check import Wanted
from lab.doctor.run import all_checks, examine
from lab.hosts.machines import RemoteMachine, ThisMachine
from lab.settings import Settings
from tests.functional.ssh.old_sshd import ALLOWED, OldSshd, old_sshd
from tests.support.errors import raises_code


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldSshd]:
    with old_sshd(tmp_path_factory.mktemp("doctor-sshd")) as running:
        yield running


def machine(sshd: OldSshd, key: Path) -> RemoteMachine:
    config = key.with_name("user_config")
    config.write_text(
        f"IdentityFile {key}\nIdentitiesOnly yes\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\n{ALLOWED}"
    )
    return RemoteMachine(Address("ssh", "ssh://x", "127.0.0.1", sshd.user, sshd.port), str(config))


class Noting(ThisMachine):
    """This machine; keeps what it was asked."""

    lines: ClassVar[list[str]] = []

    def run(self, remote: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        self.lines.append(remote)
        return super().run(remote, timeout=timeout, stdin=stdin)


def test_the_same_checks_run_over_ssh(sshd: OldSshd) -> None:
    purpose = Wanted("ssh", "xen", Settings(), "/nonexistent", "/nonexistent")
    controller = Noting()
    controller.lines.clear()
    found = examine(machine(sshd, sshd.key), purpose, controller, "ssh://x")
    asked = [check for check in all_checks() if "ssh" in check.kinds]
    assert [one.name for one in found.findings] == [check.name for check in asked]
    assert [one.where == "controller" for one in found.findings] == [check.controller for check in asked]
    assert len(controller.lines) == sum(check.controller for check in asked)
    # The sshd is on this machine: what does not change from one second to the next must read the same.
    here = examine(
        ThisMachine(), Wanted("local", "xen", Settings(), "/nonexistent", "/nonexistent"), controller, "local"
    )
    steady = {"nested-virtualization", "kvm-beside-virtualbox", "xen", "libvirt", "ksm", "transparent-huge-pages"}
    there = {one.name: one.seen for one in found.findings if one.name in steady}
    assert there == {one.name: one.seen for one in here.findings if one.name in steady}
    assert there.keys() == steady


def test_exit_status_and_time_out_over_ssh(sshd: OldSshd) -> None:
    assert machine(sshd, sshd.key).run("echo seen; exit 3", timeout=30).status == 3
    with pytest.raises(CommandTimeoutError, match=r"did not end within 2 s"):
        machine(sshd, sshd.key).run("exec sleep 5", timeout=1.5)


def test_a_host_that_turns_us_away_is_one_line(sshd: OldSshd, tmp_path: Path) -> None:
    with raises_code("unreachable", "127.0.0.1") as raised:
        machine(sshd, tmp_path / "no-key").run("true", timeout=30)
    assert "\n" not in raised.value.message
    assert raised.value.hint


def test_nothing_of_a_line_outlives_its_time_out(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    with pytest.raises(CommandTimeoutError):
        ThisMachine().run(f"(while :; do date >{alive}; done) & wait", timeout=1)
    alive.unlink()
    # Were the inner loop alive, it would write the file again at once.
    time.sleep(0.3)
    assert not alive.exists()
