"""Lines and files: on this machine, and through a real sshd with the algorithms of OpenSSH 4.3."""

from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.connectors.address import Address
from lab.hosts.machines import RemoteMachine


def test_without_ssh_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HvlabError, match="ssh is not installed here") as raised:
        RemoteMachine(Address("ssh", "ssh://server", "server")).run("true", timeout=60)
    assert "openssh-client" in raised.value.hint
