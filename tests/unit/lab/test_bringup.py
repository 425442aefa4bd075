from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from core.errors import HvlabError
from core.process import ProgramTimeoutError
from hypervisors.registry import get_hypervisor
from lab.connectors.base import Completed
from lab.connectors.patience import NotConnectedError
from lab.guests.boot_progress import BootProgress, BootStage
from lab.guests.diagnostics import Evidence
from lab.lifecycle import Lab
from lab.settings import Settings
from tests.support.errors import raises_code

KVM = get_hypervisor("kvm")


class Host:
    """Stands for a lab host; `death` is what it says of itself."""

    accelerator = "tcg"

    def __init__(self, death: str | None = None, answers: bool = True) -> None:
        self.death, self.shell, self.answering = death, self, answers

    def died(self) -> str | None:
        return self.death

    def run(self, remote: str, *, timeout: float) -> Completed:
        if not self.answering:
            raise NotConnectedError("banner exchange timed out")
        return Completed(0, b"", b"")

    def console_log(self) -> Path:
        return Path("console.log")


class Guests:
    """Stands for Vagrant: each `up` ends as the next of `ends` says."""

    def __init__(self, *ends: Exception | None) -> None:
        self.ends, self.did, self.sessions = list(ends), list[str](), list[Exception]()

    def up(self, guest: str, lost: Callable[[], str | None]) -> None:
        assert lost() is None
        self.did.append(f"up {guest}")
        if end := self.ends.pop(0):
            raise end

    def destroy(self, guest: str) -> None:
        self.did.append(f"destroy {guest}")

    def wait_for_session(self, guest: str, programs: tuple[str, ...], seconds: float) -> None:
        if self.sessions:
            raise self.sessions.pop(0)

    def hold_load(self, guest: str, mib: int) -> None:
        self.did.append(f"hold {mib}")


@pytest.fixture(autouse=True)
def state(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a lab that is nobody's."""
    monkeypatch.setenv("HVLAB_STATE", str(tmp_path / "lab"))
    return tmp_path / "lab"


ADDRESS = BootProgress(BootStage.ADDRESS, "nothing listens")


def bring_up(
    monkeypatch: pytest.MonkeyPatch,
    guests: Guests,
    host: Host,
    settings: Settings | None = None,
    *,
    reached: BootProgress = ADDRESS,
    lab: Lab | None = None,
) -> int:
    @contextmanager
    def lend(self: Lab, provider: Any) -> Iterator[Guests]:
        yield guests

    monkeypatch.setattr(Lab, "_vagrant", lend)
    monkeypatch.setattr(Lab, "guest_ssh", lambda self, guest: guest)
    monkeypatch.setattr("lab.lifecycle.wait_for_session", guests.wait_for_session)
    monkeypatch.setattr("lab.lifecycle.hold_load", guests.hold_load)
    seen = Evidence(reached, (Path("failed/server1-console.txt"),))
    monkeypatch.setattr("lab.lifecycle.gather", lambda *words, **more: seen)
    monkeypatch.setattr("lab.lifecycle.why_ended", lambda ssh, provider, guest: "Guru Meditation 1155")
    lab = lab or Lab(settings or Settings())
    lab.__dict__["host"] = host
    return lab.up(KVM, "server1")


FAILED = HvlabError("vagrant up server1 failed: timed out")


def test_a_guest_that_fails_is_destroyed_and_brought_up_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    guests = Guests(FAILED, None)
    assert bring_up(monkeypatch, guests, Host()) == 2
    assert guests.did == ["up server1", "destroy server1", "up server1"]
    assert "timed out; Guru Meditation 1155" in " ".join(capsys.readouterr().err.split())


def test_each_start_that_failed_is_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(Settings())
    assert bring_up(monkeypatch, Guests(FAILED, FAILED, None), Host(), lab=lab) == 3
    first, second = lab.take_failures()
    assert (first.guest, first.attempt, first.hung, second.attempt) == ("server1", 1, False, 2)
    assert "timed out; Guru Meditation 1155" in first.reason
    assert first.evidence == ["server1-console.txt"]
    assert lab.take_failures() == []


def test_a_guest_that_hangs_is_brought_up_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without waiting for its time limit; the record says that it was hung."""
    lab = Lab(Settings())

    class Hung(Guests):
        def up(self, guest: str, lost: Any) -> None:
            lost.hung = not self.did
            super().up(guest, lambda: None)

    hung = Hung(HvlabError("KVM's guest server1: it is hung: for 60 s"), None)
    assert bring_up(monkeypatch, hung, Host(), lab=lab) == 2
    assert hung.did == ["up server1", "destroy server1", "up server1"]
    (failure,) = lab.take_failures()
    assert failure.hung
    assert "it is hung" in failure.reason


def test_so_often_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    guests = Guests(FAILED, FAILED, FAILED, None)
    with raises_code("guest-did-not-come-up", "address; SSH port", "timed out") as failure:
        bring_up(monkeypatch, guests, Host())
    assert failure.value.hint == "see failed/server1-console.txt"
    assert guests.did.count("up server1") == Settings().topology.attempts == 3


@pytest.mark.parametrize(
    ("host", "says"), [(Host(death="Kernel panic"), "Kernel panic"), (Host(answers=False), "no longer answers")]
)
def test_on_a_dead_lab_host_nothing_is_tried_again(monkeypatch: pytest.MonkeyPatch, host: Host, says: str) -> None:
    guests = Guests(FAILED, None)
    with pytest.raises(HvlabError, match=says):
        bring_up(monkeypatch, guests, host)
    assert guests.did == ["up server1"]


def test_nor_where_vagrant_itself_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    guests = Guests(ProgramTimeoutError("vagrant did not end within 580 s"), None)
    with pytest.raises(ProgramTimeoutError):
        bring_up(monkeypatch, guests, Host())
    assert guests.did == ["up server1"]


def test_one_that_vagrant_was_too_slow_for_is_told_as_late(monkeypatch: pytest.MonkeyPatch) -> None:
    guests = Guests(ProgramTimeoutError("vagrant did not end within 580 s"))
    with pytest.raises(
        ProgramTimeoutError, match=r"did not come up in time: now it is ready: .*; vagrant did not end"
    ) as failure:
        bring_up(monkeypatch, guests, Host(), reached=BootProgress(BootStage.SESSION))
    assert failure.value.hint == "raise topology.boot_timeout_s; see failed/server1-console.txt"


def test_a_guest_whose_session_does_not_start_is_brought_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    guests = Guests(None, None)
    guests.sessions = [HvlabError("starting the X session failed on server1: Xorg does not run")]
    assert bring_up(monkeypatch, guests, Host()) == 2
    assert guests.did == ["up server1", "destroy server1", "up server1"]


def test_a_text_session_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    guests = Guests(None)
    guests.sessions = [HvlabError("never asked")]
    text = Settings.model_validate({"topology": {"session": "text"}})
    assert bring_up(monkeypatch, guests, Host(), text) == 1


def test_the_load_is_held_once_the_guest_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    guests = Guests(FAILED, None)
    loaded = Settings.model_validate({"topology": {"memory_load_mib": 200}})
    assert bring_up(monkeypatch, guests, Host(), loaded) == 2
    assert guests.did == ["up server1", "destroy server1", "up server1", "hold 200"]


def test_what_fails_after_the_lab_hosts_end_is_told_with_it() -> None:
    lab, error = Lab(Settings()), HvlabError("labhost cannot be reached over SSH: Connection refused")
    lab.__dict__["host"] = Host(death="the lab host has ended")
    # Before its boot and after its end it has not died: there is none.
    assert lab.explained(error) is error
    lab._booted = True
    assert lab.explained(error).message == f"the lab host has ended: {error.message}"
    told = HvlabError("the lab host has ended")
    assert lab.explained(told) is told
    lab.__dict__["host"] = Host()
    assert lab.explained(error) is error


def test_the_last_words_of_a_lab_host_outlast_its_next_boot(
    state: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = state / "console.log"
    state.mkdir()
    log.write_text("HVLAB-READY\nBUG: [red]oops\n")
    host = Host(death="the lab host has ended")
    monkeypatch.setattr(host, "console_log", lambda: log)
    with pytest.raises(HvlabError) as failure:
        bring_up(monkeypatch, Guests(FAILED), host)
    log.write_bytes(b"")
    kept = state / "failed" / "labhost-console.txt"
    assert failure.value.hint == f"see {kept}"
    assert kept.read_text() == "HVLAB-READY\nBUG: [red]oops\n"
    assert "the lab host's console: BUG: [red]oops" in capsys.readouterr().err


def test_what_could_not_be_built_is_not_built_again_to_take_it_down(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ctrl-C while the image is being built ends the command."""
    built = []

    def fail(*_: object) -> None:
        built.append(1)
        raise KeyboardInterrupt

    monkeypatch.setenv("HVLAB_STATE", str(tmp_path / "lab"))
    monkeypatch.setattr("lab.lifecycle.lab_host", fail)
    lab = Lab(Settings())
    with pytest.raises(KeyboardInterrupt):
        lab.boot("kvm")
    lab.down()
    assert built == [1]
