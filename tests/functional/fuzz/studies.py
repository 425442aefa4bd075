"""A study whose files were changed: refused by study.check or by the report, or its numbers are the same.

Only with `./invoke test --fuzz=N`: the functional tests try a few in tests/functional/study/test_mutated.py.
"""

from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from core.errors import HvlabError
from dataset import load
from dataset.settling import read_curves
from report.data.readings import Readings
from report.recommendation.results import results
from report.tables.calibration import read_calibration
from study.plan import Plan
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, take
from tests.functional.study.test_mutated import MUTATIONS
from tests.support.corruptions import difference
from tests.support.fuzz import Area, Input

_WHY = "a comment of the study, or an event that says nothing of its numbers"


def _numbers(folder: Path) -> object:
    """Read a study as the report does; return its rows.

    Raises:
        HvlabError: study.check has a problem with it.
        AssertionError: Only the report refuses it.
    """
    problems = check(folder)
    if problems:
        raise HvlabError(problems[0][:1000], code="not-whole")
    dataset = load(folder)
    try:
        results(dataset, Readings(dataset.measurements, dataset.study))
        read_curves(folder, dataset.study)
        read_calibration(folder)
    except HvlabError as error:
        raise AssertionError(f"study.check has no problem, the report refuses: {error}") from error
    return dataset.measurements.to_dict("records")


def _prepare(folder: Path) -> tuple[Path, object]:
    study = take(folder / "studies", FakeLab(folder / "state", fake_settings(1)), Plan(("kvm",), 2, 7))
    return study, _numbers(study)


def _area(name: str) -> Area:
    def draw(known: tuple[Path, Any], data: st.DataObject) -> Input:
        study, whole = known
        file = study / name
        before = file.read_bytes()
        try:
            MUTATIONS[name](data, file)
            changed = file.read_bytes()
        finally:
            file.write_bytes(before)

        def read() -> object:
            try:
                file.write_bytes(changed)
                return _numbers(study)
            finally:
                file.write_bytes(before)

        shown = difference(before.decode(errors="replace"), changed.decode(errors="replace"))
        return Input("changed", shown, read, whole)

    return Area(f"study: {Path(name).name}", _prepare, draw, {"changed": _WHY})


AREAS = [_area(name) for name in MUTATIONS]
