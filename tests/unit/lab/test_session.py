"""A guest's session: waited for, and given a memory load that fits."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.connectors.base import Completed
from lab.connectors.ssh_config import Ssh
from lab.guests.guest_session import available_mib, hold_load, wait_for_session
from lab.images.os_profiles import profile

MEMINFO = "MemTotal:         468000 kB\nMemFree:          300000 kB\nMemAvailable:     409600 kB\n"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Stand-ins: a program "runs" if there is a file of its name in `running`; a second passes at once."""
    (tmp_path / "running").mkdir()
    log = "echo 'xinit: server error'"
    for name, text in {"pidof": f'[ -e {tmp_path}/running/"$1" ]', "sleep": "exit 0", "sudo": log}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(tools: Path, program: str) -> subprocess.CompletedProcess[str]:
    path = f"{tools}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-s"], input=program, env={"PATH": path}, capture_output=True, text=True, check=False, timeout=30
    )


def test_each_guest_os_says_what_its_session_is() -> None:
    assert "xterm" in profile("debian-12").session
    assert "gnome-session" in profile("centos-5.5").session


@dataclass(frozen=True)
class Answering(Ssh):
    """A guest that says the same to everything, and notes what it was asked."""

    answer: Completed
    asked: list[str]

    def run(self, remote: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        self.asked.append(remote)
        return self.answer


def test_the_reason_of_a_session_that_does_not_start_is_told() -> None:
    guest = Answering(Path(), "server1", Completed(1, b"", b"Xorg does not run: no screens found\n"), [])
    with pytest.raises(HvlabError, match="starting the X session failed on server1: Xorg does not run: no screens"):
        wait_for_session(guest, ("Xorg",), 5)


def test_a_load_that_does_not_fit_is_not_begun() -> None:
    guest = Answering(Path(), "server1", Completed(0, MEMINFO.encode(), b""), [])
    with pytest.raises(HvlabError, match="server1 cannot hold a load of 401 MiB: it has 400 MiB available") as caught:
        hold_load(guest, 401)
    assert "memory_load_mib" in caught.value.hint
    assert guest.asked == ["cat /proc/meminfo"]


def test_available_memory() -> None:
    assert available_mib(MEMINFO) == 400
    with pytest.raises(HvlabError, match="does not report its available memory"):
        available_mib("MemTotal: 1 kB\n")
