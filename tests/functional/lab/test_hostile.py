"""Names, paths and settings that mean something to a shell: they stay what they are, or are refused."""

import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.errors import HvlabError
from core.resources.base import render
from hypervisors.registry import all_hypervisors
from lab.connectors.base import Completed
from lab.connectors.ssh_config import make_key
from lab.guests.diagnostics import gather
from lab.guests.ended import lost, why_ended
from lab.guests.guest_session import wait_program
from lab.guests.screenshot import take_picture
from lab.guests.topology import Guest
from lab.hosts.resources import boxes_link

HOSTILE = [
    "$(touch hacked)",
    "`touch hacked`",
    "x; touch hacked",
    "x' ; touch hacked ; '",
    '"; touch hacked; "',
    "x\ntouch hacked",
]


class Shell:
    """Runs here what would be run on the lab host."""

    name = "labhost"

    def run(self, line: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        done = subprocess.run(["sh", "-c", line], input=stdin, capture_output=True, timeout=timeout, check=False)
        return Completed(done.returncode, done.stdout, done.stderr)

    def check(self, line: str, *, timeout: float, what: str, stdin: bytes = b"") -> str:
        return self.run(line, timeout=timeout, stdin=stdin).text


SHELL: Any = Shell()


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that a hostile name would write to; without the hypervisors' own commands."""
    folder, tools = tmp_path / "here", tmp_path / "tools"
    folder.mkdir()
    tools.mkdir()
    for name in ("virsh", "xl", "VBoxManage"):
        (tools / name).write_text("#!/bin/sh\nexit 1\n")
        (tools / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("name", HOSTILE)
def test_a_guests_name(name: str, nowhere: Path, tmp_path: Path) -> None:
    for provider in all_hypervisors().values():
        why_ended(SHELL, provider, name)
        lost(SHELL, provider, name)
        with pytest.raises(HvlabError):
            take_picture(SHELL, provider, name)
        gather(tmp_path / "state", SHELL, provider, Guest(name, name, name, 1), ssh=SHELL, programs=(name,))
    assert list(nowhere.iterdir()) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_a_programs_name_in_a_session(name: str, nowhere: Path) -> None:
    subprocess.run(["sh", "-c", wait_program([name], 0)], capture_output=True, check=False)
    assert list(nowhere.iterdir()) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_a_labs_path_in_the_lab_hosts_program(name: str, nowhere: Path, tmp_path: Path) -> None:
    program = render("remove", [boxes_link(tmp_path / name, "/boxes")])
    done = subprocess.run(["sh", "-s"], input=program, capture_output=True, text=True, check=True)
    assert done.stdout == "end\n"
    assert list(nowhere.iterdir()) == []


def test_keys_are_their_owners_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_key(tmp_path / "key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
