"""What machines say on their consoles, and what is kept of a guest that does not come up."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab import evidence as module
from lab.console import attach, guest_console, host_console, last_lines
from lab.errors import HvlabError
from lab.evidence import gather
from lab.machine import Completed
from lab.providers import get_provider
from lab.readiness import Reached, Rung
from lab.topology import guests

KVM = get_provider("kvm")


class Host:
    """Runs here what would be run on the lab host."""

    def run(self, line: str, *, stdin: bytes, timeout: float) -> Completed:
        done = subprocess.run(["sh", "-c", line], input=stdin, capture_output=True, timeout=timeout, check=False)
        return Completed(done.returncode, done.stdout, done.stderr)


HOST: Any = Host()


def test_the_last_lines_without_what_a_terminal_would_obey() -> None:
    text = "one\r\n\r\ntwo\x1b]0;title\x07\r\n\x1b[2Jthree\r\n"
    assert last_lines(text, 2) == ["two]0;title", "[2Jthree"]


def test_a_guests_console(tmp_path: Path) -> None:
    (tmp_path / "server1.log").write_text("x" * 100_000 + "\nKernel panic\n")
    provider = replace(KVM, console_command=f'cat "{tmp_path}/$guest.log"')
    said = guest_console(HOST, provider, "server1")
    assert said.endswith("Kernel panic\n")
    assert len(said) == 64 * 1024
    with pytest.raises(HvlabError, match=r"KVM has kept nothing of server2's console: .*No such file"):
        guest_console(HOST, provider, "server2")
    (tmp_path / "server3.log").write_text("")
    assert guest_console(HOST, provider, "server3") == ""
    # A word is needed for an error.
    assert guest_console(HOST, replace(KVM, console_command="echo >&2"), "server3") == ""


@pytest.mark.parametrize("name", ["$(touch hacked)", "a; touch hacked", "`touch hacked`", "'\"; touch hacked #"])
def test_a_hostile_name_does_not_reach_the_shell(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for provider in (KVM, get_provider("xen"), get_provider("virtualbox")):
        with pytest.raises(HvlabError, match="has kept nothing"):
            guest_console(HOST, provider, name)
    assert list(tmp_path.iterdir()) == []


def test_the_lab_hosts_console_is_a_file(tmp_path: Path) -> None:
    with pytest.raises(HvlabError, match="no lab host was booted"):
        host_console(tmp_path)
    (tmp_path / "console.log").write_text("HVLAB-READY\n")
    assert host_console(tmp_path) == "HVLAB-READY\n"


def test_where_nothing_can_be_typed_at_is_told() -> None:
    with pytest.raises(HvlabError, match="no console that can be typed at"):
        attach(HOST, get_provider("virtualbox"), "server1")


def test_evidence_is_kept_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "guest_reached", lambda *words: Reached(Rung.PORT, "no banner"))
    monkeypatch.setattr(module, "guest_console", lambda *words: "[ok]\nKernel panic - not syncing\n")
    monkeypatch.setattr(module, "take_picture", lambda *words: b"\x89PNG")
    found = gather(tmp_path, HOST, KVM, guests(1)[0], ssh=HOST, programs=())
    console, screen = tmp_path / "failed/server1-console.txt", tmp_path / "failed/server1-screen.png"
    assert found.hint == f"see {console}, {screen}"
    assert console.read_text() == "[ok]\nKernel panic - not syncing\n"
    assert screen.read_bytes() == b"\x89PNG"
    assert "server1's console: Kernel panic - not syncing" in capsys.readouterr().err


def test_a_guest_of_which_nothing_can_be_had(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*words: Any) -> Any:
        raise HvlabError("labhost cannot be reached over SSH")

    monkeypatch.setattr(module, "guest_reached", lambda *words: Reached(Rung.NOTHING))
    monkeypatch.setattr(module, "guest_console", none)
    monkeypatch.setattr(module, "take_picture", none)
    found = gather(tmp_path, HOST, KVM, guests(1)[0], ssh=HOST, programs=())
    why = "could not be had (labhost cannot be reached over SSH)"
    assert (found.files, found.hint) == ((), f"its console {why}; its screen {why}")


def test_what_is_missing_is_told_with_its_reason_and_is_not_an_earlier_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "guest_reached", lambda *words: Reached(Rung.POWER))
    monkeypatch.setattr(module, "guest_console", lambda *words: "Kernel panic\n")
    monkeypatch.setattr(module, "take_picture", lambda *words: b"\x89PNG")
    gather(tmp_path, HOST, KVM, guests(1)[0], ssh=HOST, programs=())

    def blank(*words: Any) -> Any:
        raise HvlabError("server1's screen is blank: 800 x 600 pixels of one colour")

    monkeypatch.setattr(module, "take_picture", blank)
    found = gather(tmp_path, HOST, KVM, guests(1)[0], ssh=HOST, programs=())
    console = tmp_path / "failed/server1-console.txt"
    assert found.hint == (
        f"see {console}; its screen could not be had (server1's screen is blank: 800 x 600 pixels of one colour)"
    )
    assert list((tmp_path / "failed").iterdir()) == [console]
