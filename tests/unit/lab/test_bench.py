"""The rows of `./invoke bench`, and where the time of `vagrant up` goes, from a recorded log."""

from datetime import datetime
from pathlib import Path

import pytest

from core.paths import PROJECT
from dataset.captures import RawCapture, capture_path, write_captures
from dataset.models import StageTiming, StudyInfo
from dataset.parameters import Parameters
from hypervisors.registry import get_hypervisor
from lab.bench.bring_up import BringUp
from lab.bench.vagrant_actions import BETWEEN, seconds_by_action
from lab.settings import Settings
from study.bench import history
from study.bench.rows import Row, bring_up_row, reading_rows, study_row
from study.measure.collector import context_for
from study.meters.registry import meter
from tests.unit.study.test_status import BEGAN, run, study

LOG = (PROJECT / "tests/fixtures/vagrant-log/up.txt").read_text()
DAY = "2026-12-01 03:"


def at(clock: str) -> datetime:
    return datetime.fromisoformat(DAY + clock)


def test_each_action_has_its_own_time_without_what_it_called() -> None:
    assert seconds_by_action(LOG, at("44:57.5"), at("45:11")) == {
        "start of Vagrant": 4.5, "Create": 2, "Call": 1, "StateIs": 1, "Start": 1, "WaitForCommunicator": 4,
    }  # fmt: skip


def test_a_log_without_actions_is_all_start() -> None:
    assert seconds_by_action("==> server1: nothing\n", at("45:00"), at("45:03")) == {"start of Vagrant": 3}


def test_after_the_last_action_nothing_runs() -> None:
    lines = [line for line in LOG.splitlines() if "StateIs" in line][:2]
    found = seconds_by_action("\n".join(lines), at("45:02"), at("45:09"))
    assert found == {BETWEEN: 7}


def test_a_start_is_held_against_the_bare_one() -> None:
    row = bring_up_row(BringUp("kvm", 3, 39.0, 30.0, {}))
    assert row.ratio == pytest.approx(1.3)


@pytest.fixture
def taken(tmp_path: Path) -> tuple[Path, StudyInfo]:
    """A study of one finished run with one stage: mpstat for 10 s, then two meters that share a pause."""
    info = study(tmp_path, run("kvm-01", "finished", 0, 9))
    info.runs[0].timings = [StageTiming(stage="vm-1", booting_s=40, settling_s=10, reading_s=20, kit_s=1)]
    info.parameters = Parameters(guests=2, settle={"window_s": 8.0})
    of = context_for(get_hypervisor("kvm"), Settings())
    lines = {name: meter(name).command(of) for name in ("mpstat", "meminfo", "pss")}
    captures = [
        RawCapture(capture_path("kvm", 1, "vm-1", name), b"", line, 0, BEGAN, 1) for name, line in lines.items()
    ]
    write_captures(tmp_path, captures)
    return tmp_path, info


def test_a_reading_is_held_against_what_its_meters_wait(taken: tuple[Path, StudyInfo]) -> None:
    (row,) = reading_rows(*taken)
    assert (row.name, row.seconds, row.floor_s) == ("a reading, kvm", 20, 11)


@pytest.mark.parametrize(("found", "floor"), [({}, 40 + 8 + 11), ({"kvm": BringUp("kvm", 1, 35, 30, {})}, 30 + 8 + 11)])
def test_a_study_is_held_against_boots_and_waits(
    taken: tuple[Path, StudyInfo], found: dict[str, BringUp], floor: float
) -> None:
    row = study_row(*taken, found)
    assert row is not None
    assert (row.seconds, row.floor_s) == (71, floor)
    assert ("bare boots" in row.floor) == bool(found)


def test_a_study_without_a_finished_run_has_no_row(tmp_path: Path) -> None:
    assert study_row(tmp_path, study(tmp_path, run("kvm-01", "planned")), {}) is None


def test_the_usual_ratio_is_the_median_of_the_last_five(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.bench.history.cache_root", lambda: tmp_path)
    assert history.usual_ratios() == {}
    for seconds in (90, 1, 2, 3, 4, 5):
        history.append([Row("a", seconds, 1.0, "f"), Row("b", seconds, None, "f")])
    assert history.usual_ratios() == {"a": 3}


def test_a_damaged_history_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("study.bench.history.cache_root", lambda: tmp_path)
    history.history_file().write_text("{")
    history.append([Row("a", 2, 1.0, "f")])
    assert history.usual_ratios() == {"a": 2}
