"""What is made of Vagrant's output when it fails."""

import subprocess
from pathlib import Path

import pytest

from core.errors import HvlabError
from hypervisors.registry import get_hypervisor
from lab.guests.vagrant import VagrantLab

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

    monkeypatch.setattr(VagrantLab, "_vagrant", lambda self: Killed())
    with pytest.raises(HvlabError, match="vagrant up server1 failed: it was ended by SIGKILL"):
        lab.up("server1")
