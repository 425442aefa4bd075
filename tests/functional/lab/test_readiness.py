"""The ladder: which stage a machine has reached, seen from outside."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import HvlabError
from hypervisors.registry import get_hypervisor
from lab.guests.boot_progress import BootStage, guest_progress
from lab.guests.topology import Guest
from tests.support.booting import RUNNING, Host, Inside, guest, listening, reached

VIRTUALBOX = get_hypervisor("virtualbox")
OFF = replace(VIRTUALBOX, running_command="echo server11")


def test_a_lab_host_that_speaks_another_language_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the user's LANG, which ssh takes along, makes a host speak."""
    bash = tmp_path / "bash"
    bash.write_text('#!/bin/sh\n[ "$LC_ALL" = C ] && echo "Connection refused" || echo "연결이 거부됨"\n')
    bash.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    kvm = replace(RUNNING, endpoint="address")
    seen = guest_progress(Host(), kvm, guest(9), ssh=Inside(), programs=())  # type: ignore[arg-type]
    assert seen.stage == BootStage.ADDRESS


def test_a_guest_climbs_the_ladder() -> None:
    with listening(b"SSH-2.0-OpenSSH_9.2\r\n") as port:
        assert reached(OFF, port, Inside())[0] == BootStage.NOTHING
        denied = reached(RUNNING, port, Inside(login=255))
        assert denied == (
            BootStage.BANNER, "it reached banner; login is missing (Permission denied (publickey).)"
        )  # fmt: skip
        none = reached(RUNNING, port, Inside(login=HvlabError("server1 cannot be reached over SSH: timed out")))
        assert none[1] == "it reached banner; login is missing (server1 cannot be reached over SSH: timed out)"
        black = reached(RUNNING, port, Inside(session=1))
        assert black == (
            BootStage.LOGIN, "it reached login; session is missing (Xorg does not run: no screens found)"
        )  # fmt: skip
        assert reached(RUNNING, port, Inside()) == (BootStage.SESSION, "ready: its session runs")


def test_a_port_that_nobody_listens_on_proves_the_address() -> None:
    with listening(b"") as port:
        pass
    kvm = replace(get_hypervisor("kvm"), running_command="echo server1")
    looked = guest_progress(Host(), kvm, guest(port), ssh=Inside(), programs=())  # type: ignore[arg-type]
    # Port 22 of this machine, which may or may not have an SSH server.
    assert looked.stage >= BootStage.ADDRESS


def test_behind_a_nat_the_banner_is_the_first_that_is_seen() -> None:
    with listening(b"") as port:
        pass
    stage, text = reached(RUNNING, port, Inside())
    assert stage == BootStage.POWER
    assert text.startswith(
        "it reached power; address is missing (behind VirtualBox's NAT only its banner could be seen"
    )


@pytest.mark.parametrize("name", ["server1; echo banner", "$(echo banner)", "-e\nbanner", "'"])
def test_a_hostile_name_is_only_a_name(name: str) -> None:
    hostile = Guest(name, "52:54:00:68:76:01", "127.0.0.1", 1)
    seen = guest_progress(Host(), RUNNING, hostile, ssh=Inside(), programs=())  # type: ignore[arg-type]
    assert seen.stage == BootStage.NOTHING


def test_a_hypervisor_that_does_not_answer_is_told() -> None:
    kvm = replace(get_hypervisor("kvm"), running_command="{ echo 'error: no libvirtd' >&2; false; }")
    seen = guest_progress(Host(), kvm, guest(1), ssh=Inside(), programs=())  # type: ignore[arg-type]
    assert str(seen) == "its boot stage could not be observed (error: no libvirtd)"
