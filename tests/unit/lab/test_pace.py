"""Time limits that know the machine: measured at a lab host's boot, remembered, and used for every command."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.console import Countdown, expectation
from core.pace import Pace, factor_of
from hypervisors.registry import all_hypervisors
from lab import history as past
from lab.connectors import base
from lab.connectors.base import Completed
from lab.connectors.patience import NotConnectedError, Patience
from lab.connectors.ssh_config import Ssh
from lab.lifecycle import Lab
from lab.settings import Settings


@pytest.mark.parametrize(("seconds", "factor"), [(10, 1), (20, 1), (30, 1.5), (200, 10), (2000, 10)])
def test_limits_are_stretched_and_never_below_what_they_were(seconds: float, factor: float) -> None:
    assert factor_of(seconds, 20) == factor
    assert Pace(factor).scaled(300) == 300 * factor


def test_every_hypervisor_has_a_reference() -> None:
    assert all(each.boot.reference_s > 0 for each in all_hypervisors().values())


def test_the_slowest_boot_since_the_machines_own_counts(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert past.measured_factor() is None
    assert past.current_pace().factor == 1
    assert past.note_boot(60, 20) == 3
    assert past.note_boot(20, 20) == 3
    assert past.current_pace().factor == 3
    for _ in range(5):
        past.note_boot(10, 20)
    assert past.measured_factor() == 1
    past.note_boot(60, 20)
    monkeypatch.setattr(past, "boot_id", lambda: "another boot")
    assert past.measured_factor() is None


def test_usual_durations_outlast_the_machines_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    assert past.usual_seconds("guest a") is None
    for seconds in (10, 30, 20):
        past.note_duration("guest a", seconds)
    past.note_duration("guest b", 99)
    monkeypatch.setattr(past, "boot_id", lambda: "another boot")
    assert past.usual_seconds("guest a") == 20


def test_a_damaged_history_is_begun_again(history: Path, capsys: pytest.CaptureFixture[str]) -> None:
    history.write_text('{"boot": 3, "factors"')
    assert past.measured_factor() is None
    assert "is damaged" in capsys.readouterr().err
    past.note_duration("guest a", 5)
    assert json.loads(history.read_text())["seconds"] == {"guest a": [5]}


def test_only_what_ended_well_is_usual() -> None:
    with pytest.raises(ValueError, match="no"), past.awaited("a guest", "guest a", 60):
        raise ValueError("no")
    assert past.usual_seconds("guest a") is None
    with past.awaited("a guest", "guest a", 60):
        pass
    assert past.usual_seconds("guest a") == 0


def test_progress_says_what_is_usual_and_what_is_left(capsys: pytest.CaptureFixture[str]) -> None:
    past.note_duration("guest a", 35)
    with past.awaited("server1: vagrant up", "guest a", 580):
        pass
    assert "server1: vagrant up ... (usually 35 s here, at most 580 s)" in capsys.readouterr().err
    assert expectation(None, None) == ""
    line = Countdown("server1", 35, 580, begun=100)
    assert line.at(110) == "server1: 10 s, about 25 s left, given up after 580 s"
    assert line.at(150) == "server1: 50 s, longer than usual (35 s), given up after 580 s"
    assert Countdown("server1", None, None, 0).at(3) == "server1: 3 s"


def test_every_command_has_the_longer_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    limits: list[float] = []

    def run(command: Any, stdin: bytes, timeout: float) -> Completed:
        limits.append(timeout)
        return Completed(0, b"", b"")

    monkeypatch.setattr(base, "_run", run)
    pace = Pace()
    machine = Ssh(tmp_path / "ssh_config", "labhost", patience=Patience(180), pace=pace)
    machine.run("true", timeout=60)
    pace.factor = 2.5
    machine.run("true", timeout=60)
    machine.check("true", timeout=60, what="a test")
    assert machine.answers(40)
    assert limits == [60, 150, 150, 100]


def test_a_connection_is_tried_again_for_longer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[float | None] = []
    attempts = Patience.attempts

    def spy(self: Patience, machine: str, seconds: float | None = None) -> Any:
        asked.append(seconds)
        return attempts(self, machine, seconds)

    def run(command: Any, stdin: bytes, timeout: float) -> Completed:
        raise NotConnectedError("banner exchange timed out")

    monkeypatch.setattr(Patience, "attempts", spy)
    monkeypatch.setattr(base, "_run", run)
    machine = Ssh(tmp_path / "ssh_config", "labhost", patience=Patience(180, alive=lambda: False), pace=Pace(2))
    with pytest.raises(NotConnectedError):
        machine.run("true", timeout=60)
    assert asked == [360]


def test_a_lab_stretches_its_own_limits(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HVLAB_STATE", str(tmp_path / "lab"))
    past.note_boot(40, 20)
    lab = Lab(Settings())
    assert lab.guest_limit_s == 2 * (Settings().topology.boot_timeout_s + 180)
    assert lab.guest_ssh("server1").pace is lab.pace
    # What was measured is the nested lab host's machine.
    other = Settings.model_validate({"lab_host": {"host": "ssh://root@server"}})
    assert Lab(other).pace.factor == 1


def test_a_slow_machine_is_told_so_once(capsys: pytest.CaptureFixture[str]) -> None:
    Pace(1.4).tell()
    pace = Pace(3)
    pace.tell()
    pace.tell()
    assert capsys.readouterr().err.count("slow or busy") == 1
