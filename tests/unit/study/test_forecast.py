"""How long a study will take is said before it begins."""

from datetime import timedelta
from pathlib import Path

import pytest

from core.pace import Pace
from study.forecast import announce, forecast
from tests.unit.study.test_status import BEGAN, run, study


def test_without_a_finished_run_it_is_a_guess_that_knows_the_machine(tmp_path: Path) -> None:
    study(tmp_path / "new", run("xen-01", "planned"), run("kvm-01", "planned"))
    assert forecast(tmp_path / "new", BEGAN, 6, Pace()).startswith("2 runs left, about 16 min; a guess")
    assert forecast(tmp_path / "new", BEGAN, 6, Pace(3)).startswith("2 runs left, about 48 min; a guess")


def test_runs_of_other_studies_here_tell_more(tmp_path: Path) -> None:
    study(tmp_path / "old", run("kvm-01", "finished", 0, 9))
    (tmp_path / "latest").symlink_to("old")
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn/study.json").write_text("{")
    study(tmp_path / "new", run("kvm-01", "planned"))
    assert forecast(tmp_path / "new", BEGAN, 6, Pace(3)) == "1 run left, about 9 min; runs before took as long here"
    study(tmp_path / "new", run("kvm-01", "finished", 0, 7), run("kvm-02", "planned"))
    moment = BEGAN + timedelta(minutes=8)
    assert forecast(tmp_path / "new", moment, 6, Pace()).startswith("1 run left, about 7 min")


def test_a_slow_machine_is_told_so_before_the_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study(tmp_path / "new", run("kvm-01", "planned"))
    announce(tmp_path / "new", BEGAN, 6, Pace(2))
    said = capsys.readouterr().err
    assert said.index("about 16 min") < said.index("slow or busy")
