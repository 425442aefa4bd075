"""Names, paths and settings that mean something to a shell: they stay what they are, or are refused."""

import shlex
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from core.paths import _LONGEST_STATE, cache_root, state_root
from lab.connectors.ssh_config import Ssh
from tests.support.errors import raises_code


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
    with raises_code("bad-folder") as refusal:
        root()
    assert setting in refusal.value.hint


def test_folders_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for setting, root in (("HVLAB_STATE", state_root), ("HVLAB_CACHE", cache_root)):
        monkeypatch.setenv(setting, str(tmp_path / "file" / "lab"))
        with raises_code("bad-folder") as refusal:
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
    with raises_code("bad-folder"):
        state_root()


def test_usual_folders_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("/home/müller/lab-1", "/data/hv_lab.2=x", "/home/user@site/~lab+"):
        monkeypatch.setenv("HVLAB_STATE", folder)
        assert state_root() == Path(folder)
