"""What is made of Vagrant's output when it fails."""

import subprocess
from pathlib import Path

import pytest

from core.errors import HvlabError
from core.process import ProgramTimeoutError
from hypervisors.registry import get_hypervisor
from lab.guests.vagrant import VagrantLab
from tests.support.errors import raises_code

FAILED = """\
Bringing machine 'server1' up with 'libvirt' provider...
==> server1: Starting domain.
    server1: SSH username: vagrant
libvirt on the lab host: Call to virDomainCreate failed: End of file while reading data
Is the lab host running? ./invoke lab.status tells.

"""


def test_one_that_was_killed_is_told_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = VagrantLab(get_hypervisor("kvm"), tmp_path, 1, lambda: None)
    lab.log.write_text(FAILED)

    class Killed:
        def up(self, **_: str) -> None:
            raise subprocess.CalledProcessError(-9, "vagrant")

    monkeypatch.setattr(VagrantLab, "_vagrant", lambda self, lost: Killed())
    with raises_code("vagrant-failed", "server1", "SIGKILL"):
        lab.up("server1", lambda: None)


def test_a_lost_guest_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "vagrant"
    tool.write_text("#!/bin/sh\nexec sleep 600\n")
    tool.chmod(0o755)
    monkeypatch.setattr("vagrant.get_vagrant_executable", lambda: str(tool))
    lab = VagrantLab(get_hypervisor("virtualbox"), tmp_path, 60, lambda: None)
    lease = lab.home / "data/fp-leases/127_0_0_1_22101"
    lease.parent.mkdir(parents=True)
    lease.touch()
    with pytest.raises(HvlabError, match="VirtualBox has lost it") as caught:
        lab.up("server1", lambda: "VirtualBox has lost it")
    assert not isinstance(caught.value, ProgramTimeoutError)
    # Vagrant would refuse the guest's port at the next attempt.
    assert not lease.exists()
