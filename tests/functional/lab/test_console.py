"""What machines say on their consoles, and what is kept of a guest that does not come up."""

import os
import subprocess
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.errors import HvlabError
from hypervisors.registry import get_hypervisor
from lab.connectors.base import Completed
from lab.guests import diagnostics as module
from lab.guests.boot_progress import BootProgress, BootStage
from lab.guests.console import attach, guest_console
from lab.guests.diagnostics import gather
from lab.guests.topology import guests
from lab.state.processes import ended
from tests.support.errors import raises_code

KVM = get_hypervisor("kvm")


class Host:
    """Runs here what would be run on the lab host."""

    def run(self, line: str, *, stdin: bytes, timeout: float, patient: bool = True) -> Completed:
        done = subprocess.run(["sh", "-c", line], input=stdin, capture_output=True, timeout=timeout, check=False)
        return Completed(done.returncode, done.stdout, done.stderr)


HOST: Any = Host()


def test_a_guests_console(tmp_path: Path) -> None:
    (tmp_path / "server1.log").write_text("x" * 100_000 + "\nKernel panic\n")
    provider = replace(KVM, console_command=f'cat "{tmp_path}/$guest.log"')
    said = guest_console(HOST, provider, "server1")
    assert said.endswith("Kernel panic\n")
    assert len(said) == 64 * 1024
    with raises_code("no-console", "server2", "No such file"):
        guest_console(HOST, provider, "server2")
    (tmp_path / "server3.log").write_text("")
    assert guest_console(HOST, provider, "server3") == ""
    # A word is needed for an error.
    assert guest_console(HOST, replace(KVM, console_command="echo >&2"), "server3") == ""


@pytest.mark.parametrize("name", ["$(touch hacked)", "a; touch hacked", "`touch hacked`", "'\"; touch hacked #"])
def test_a_hostile_name_does_not_reach_the_shell(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for provider in (KVM, get_hypervisor("xen"), get_hypervisor("virtualbox")):
        with raises_code("no-console"):
            guest_console(HOST, provider, name)
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_can_be_typed_at_is_told() -> None:
    with raises_code("no-console-input"):
        attach(HOST, get_hypervisor("virtualbox"), "server1", HOST)


class Guest:
    """Runs here what would be run in the guest, among stand-ins for getty and ps: who is at the line is in a file."""

    def __init__(self, folder: Path) -> None:
        self.there = folder / "there"
        for name, text in {
            "agetty": f'cd {folder}; echo "$@" >words; echo $$ >part; mv part there; exec sleep 60',
            "ps": f"cat {self.there} 2>/dev/null",
        }.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)
        self._path = f"{folder}:{os.environ['PATH']}"

    def run(self, line: str, *, stdin: bytes, timeout: float, patient: bool = True) -> Completed:
        assert line == "sudo -n sh -s"
        # Under nohup, tests too inherit that nothing ends by its terminal's going.
        words = ["env", "--default-signal=HUP", "sh", "-s"]
        done = subprocess.run(
            words, input=stdin, env={**os.environ, "PATH": self._path}, capture_output=True, check=False
        )
        return Completed(done.returncode, done.stdout, done.stderr)

    def check(self, line: str, *, stdin: bytes, timeout: float, what: str) -> str:
        done = self.run(line, stdin=stdin, timeout=timeout)
        if done.status:
            raise HvlabError(f"{what} failed: {done.stderr.decode().strip()}")
        return done.text


class Attached(Host):
    """Its console is at an end once somebody could log in."""

    def __init__(self, line: str) -> None:
        self._line = line

    def command(self, line: str, *options: str) -> list[str]:
        assert options == ("-t",)
        return ["timeout", "20", "sh", "-c", f"guest=x; {self._line}"]


def test_a_person_can_log_in_at_a_console_and_nobody_is_left_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    provider = replace(KVM, lines=("no-such-line", "null"))
    guest: Any = Guest(tmp_path)
    host: Any = Attached(f"until [ -e {guest.there} ]; do sleep 0.1; done; exit 7")
    assert attach(host, provider, "server1", guest) == 7
    assert (tmp_path / "words").read_text() == "-L null 115200 vt102\n"
    said = capsys.readouterr().err
    assert "server1's console: Enter shows its login prompt, Ctrl-] leaves it" in " ".join(said.split())
    assert not running(int(guest.there.read_text()))


def test_a_login_that_cannot_be_ended_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Lost(Guest):
        def check(self, line: str, *, stdin: bytes, timeout: float, what: str) -> str:
            return "null\n"

        def run(self, line: str, *, stdin: bytes, timeout: float, patient: bool = True) -> Completed:
            raise HvlabError("server1 cannot be reached over SSH")

    guest: Any = Lost(tmp_path)
    assert attach(Attached("exit 7"), replace(KVM, lines=("null",)), "server1", guest) == 7  # type: ignore[arg-type]
    said = " ".join(capsys.readouterr().err.split())
    assert "a login may still wait on server1's console, and use memory there (server1 cannot be reached" in said


def running(pid: int) -> bool:
    """Tell whether a process that this one did not start runs, or still does after ten seconds."""
    with suppress(ProcessLookupError):
        return not ended(pid, 10)
    return False


def test_who_is_at_the_console_already_stays(tmp_path: Path) -> None:
    guest: Any = Guest(tmp_path)
    with subprocess.Popen(["sleep", "60"]) as somebody:
        guest.there.write_text(f"{somebody.pid}\n")
        assert attach(Attached("exit 0"), replace(KVM, lines=("null",)), "server1", guest) == 0  # type: ignore[arg-type]
        assert somebody.poll() is None
        somebody.kill()
    assert not (tmp_path / "words").exists()


def test_a_console_at_which_nobody_can_log_in_is_shown_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    guest: Any = Guest(tmp_path)
    assert attach(Attached("exit 0"), replace(KVM, lines=("none",)), "server1", guest) == 0  # type: ignore[arg-type]
    assert "it is read-only (starting a login on the console failed: none of none exists)" in " ".join(
        capsys.readouterr().err.split()
    )


def test_evidence_is_kept_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "guest_progress", lambda *words: BootProgress(BootStage.PORT, "no banner"))
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

    monkeypatch.setattr(module, "guest_progress", lambda *words: BootProgress(BootStage.NOTHING))
    monkeypatch.setattr(module, "guest_console", none)
    monkeypatch.setattr(module, "take_picture", none)
    found = gather(tmp_path, HOST, KVM, guests(1)[0], ssh=HOST, programs=())
    why = "could not be saved (labhost cannot be reached over SSH)"
    assert (found.files, found.hint) == ((), f"its console {why}; its screen {why}")


def test_what_is_missing_is_told_with_its_reason_and_is_not_an_earlier_failures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "guest_progress", lambda *words: BootProgress(BootStage.POWER))
    monkeypatch.setattr(module, "guest_console", lambda *words: "Kernel panic\n")
    monkeypatch.setattr(module, "take_picture", lambda *words: b"\x89PNG")
    gather(tmp_path, HOST, KVM, guests(1)[0], ssh=HOST, programs=())

    def blank(*words: Any) -> Any:
        raise HvlabError("server1's screen is blank: 800 x 600 pixels of one colour")

    monkeypatch.setattr(module, "take_picture", blank)
    found = gather(tmp_path, HOST, KVM, guests(1)[0], ssh=HOST, programs=())
    console = tmp_path / "failed/server1-console.txt"
    assert found.hint == (
        f"see {console}; its screen could not be saved (server1's screen is blank: 800 x 600 pixels of one colour)"
    )
    assert list((tmp_path / "failed").iterdir()) == [console]
