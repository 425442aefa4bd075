"""Repeats are added until the cost per guest is known as well as was asked for, or there are too many."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.journal import read_journal
from dataset.models import load_study
from report.tables.precision import half_widths
from study.plan import Plan
from study.stopping_rule import LEAST_REPEATS
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, resume, take


@pytest.fixture
def lab(tmp_path: Path) -> FakeLab:
    return FakeLab(tmp_path / "state", fake_settings(2))


def test_a_study_grows_until_it_is_precise(tmp_path: Path, lab: FakeLab) -> None:
    widths: Iterator[float] = iter([9, 9, 9, 9, 2, 0.5])
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7, 1.0, 20), lambda _: {"kvm": next(widths)})
    study = load_study(folder)
    assert len(study.runs) == study.parameters.repeats == lab.boots == 6
    assert study.precision is not None
    assert study.precision.reached is True
    assert study.precision.half_width_mib == {"kvm": 0.5}
    assert len([e for e in read_journal(folder / "journal.jsonl") if e["event"] == "precision"]) == 6
    assert check(folder) == []


def test_it_says_why_it_stopped(tmp_path: Path, lab: FakeLab) -> None:
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7, 1.0, 2), lambda _: {"kvm": 9.0})
    study = load_study(folder)
    assert len(study.runs) == 2
    assert study.precision is not None
    assert study.precision.reached is False
    assert "most_repeats = 2 is" in study.precision.reason


def test_without_a_precision_nothing_is_added(tmp_path: Path, lab: FakeLab) -> None:
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7), half_widths)
    assert len(load_study(folder).runs) == 1
    assert half_widths(folder) == {"kvm": None}


def test_a_resumed_study_still_wants_its_precision(
    tmp_path: Path, lab: FakeLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(("kvm",), 1, 7, 1.0, 20)

    def cut_off(_: Path) -> dict[str, float | None]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(tmp_path / "studies", lab, plan, cut_off)
    (folder,) = (tmp_path / "studies").glob("2*")
    resume(folder, lab, half_widths)
    study = load_study(folder)
    # The stand-in's guests cost the same in every run, so the least number of repeats is enough.
    assert len(study.runs) == LEAST_REPEATS
    assert study.precision is not None
    assert study.precision.half_width_mib == {"kvm": 0.0}
    assert check(folder) == []
