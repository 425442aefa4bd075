"""Names, paths and settings that mean something to a shell: they stay what they are, or are refused."""

import os
import shlex
import socket
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.errors import HvlabError
from core.paths import _LONGEST_STATE, cache_root, state_root
from hypervisors.registry import all_hypervisors
from lab.connectors.base import Completed
from lab.connectors.ssh_config import Ssh, make_key
from lab.guests.diagnostics import gather
from lab.guests.ended import why_ended
from lab.guests.guest_session import wait_program
from lab.guests.screenshot import take_picture
from lab.guests.topology import Guest
from lab.purge import program

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

    def run(self, line: str, *, timeout: float, stdin: bytes = b"") -> Completed:
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
    head = program(tmp_path / name).partition("# shellcheck")[0]
    done = subprocess.run(["sh", "-c", f'{head} printf %s "$BOXES"'], capture_output=True, text=True, check=True)
    assert done.stdout == str(tmp_path / name / "vagrant-home" / "boxes")
    assert list(nowhere.iterdir()) == []


@pytest.mark.parametrize("word", ["two words", "it's", "$HOME", "*", "-n", ""])
def test_words_of_lab_ssh_arrive_as_they_are(word: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[list[str]] = []

    def note(command: list[str], **_: object) -> Any:
        seen.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", note)
    Ssh(tmp_path / "ssh_config", "server1").interactive(["printf", word])
    assert shlex.split(seen[0][-1]) == ["printf", word]


@pytest.mark.parametrize("sign", [" ", ",", '"', "'", "$", "`", "%", "\\", ";", "\n", "*"])
@pytest.mark.parametrize(("setting", "root"), [("HVLAB_STATE", state_root), ("HVLAB_CACHE", cache_root)])
def test_folders_that_mean_something_to_others_are_refused(
    sign: str, setting: str, root: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(setting, f"/tmp/a{sign}b")
    with pytest.raises(HvlabError, match="characters that cannot be used") as refusal:
        root()
    assert setting in refusal.value.hint


def test_folders_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for setting, root in (("HVLAB_STATE", state_root), ("HVLAB_CACHE", cache_root)):
        monkeypatch.setenv(setting, str(tmp_path / "file" / "lab"))
        with pytest.raises(HvlabError, match="file is none") as refusal:
            root()
        assert setting in refusal.value.hint


def test_a_name_that_leaves_no_room_for_sshs_socket_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is taken, ssh can make its socket in: it gives it a longer name at first."""
    longest = "/tmp/" + "x" * (_LONGEST_STATE - len("/tmp/"))
    monkeypatch.setenv("HVLAB_STATE", longest)
    socket_path = f"{state_root()}/ssh.sock.{'x' * 16}"
    with pytest.raises(FileNotFoundError), socket.socket(socket.AF_UNIX) as made:
        made.bind(socket_path)
    with pytest.raises(OSError, match="too long"), socket.socket(socket.AF_UNIX) as made:
        made.bind(socket_path + "x")
    monkeypatch.setenv("HVLAB_STATE", longest + "x")
    with pytest.raises(HvlabError, match="too long a name for ssh's socket"):
        state_root()


def test_usual_folders_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("/home/müller/lab-1", "/data/hv_lab.2=x", "/home/user@site/~lab+"):
        monkeypatch.setenv("HVLAB_STATE", folder)
        assert state_root() == Path(folder)


def test_keys_are_their_owners_only(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        make_key(tmp_path / "key")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
