"""Why a guest no longer runs: the provider's own line, run on this machine with stand-ins for its tools."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from core.errors import HvlabError
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.connectors.base import Completed
from lab.connectors.ssh_config import Ssh
from lab.guests.ended import why_ended


@dataclass(frozen=True)
class _Here(Ssh):
    """Runs everything on this machine, with a folder of tools first in its path."""

    tools: Path = Path()

    def command(self, remote: str, *options: str) -> list[str]:
        return ["env", f"PATH={self.tools}:/usr/bin:/bin", "sh", "-c", remote]


@pytest.fixture
def here(tmp_path: Path) -> Ssh:
    for name in ("VBoxManage", "virsh", "xl"):
        tool = tmp_path / name
        tool.write_text(f'#!/bin/sh\necho \'VMState="gurumeditation"\'; echo "{name} was told: $*"\n')
        tool.chmod(0o755)
    return _Here(tmp_path / "ssh_config", "labhost", tmp_path)


@pytest.mark.parametrize("name", sorted(all_hypervisors()))
def test_every_hypervisor_is_asked_for_the_guest(here: Ssh, name: str) -> None:
    asked = {"kvm": "domstate server1 --reason", "xen": "domstate server1 --reason", "virtualbox": "gurumeditation"}
    assert asked[name] in why_ended(here, get_hypervisor(name), "server1")


def test_the_log_of_virtualbox_is_read(here: Ssh, tmp_path: Path) -> None:
    log = tmp_path / "server1" / "Logs" / "VBox.log"
    log.parent.mkdir(parents=True)
    log.write_text("00:00:01 all is well\n00:01:02 !!! Guru Meditation 1155 (VINF_EM_TRIPLE_FAULT)\n")
    virtualbox = get_hypervisor("virtualbox")
    moved = replace(virtualbox, ended_command=virtualbox.ended_command.replace("/vbox/", f"{tmp_path}/"))
    told = why_ended(here, moved, "server1")
    assert told == 'VMState="gurumeditation"; 00:01:02 !!! Guru Meditation 1155 (VINF_EM_TRIPLE_FAULT)'


def test_a_hypervisor_that_says_nothing(here: Ssh) -> None:
    silent = replace(get_hypervisor("kvm"), ended_command="true")
    assert why_ended(here, silent, "server1") == "KVM does not tell why"


def test_a_lab_host_that_does_not_answer_is_no_second_error(here: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(self: Ssh, remote: str, *, timeout: float, stdin: bytes = b"") -> Completed:
        raise HvlabError("labhost cannot be reached over SSH: no answer")

    monkeypatch.setattr(Ssh, "run", unreachable)
    assert why_ended(here, get_hypervisor("xen"), "server1") == (
        "why is not known: labhost cannot be reached over SSH: no answer"
    )
