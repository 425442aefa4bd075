"""The calibration in the paper: condensed to the worst of each number, what cannot see told as such, none told, too."""

import json
from pathlib import Path

from report.tables.calibration import read_calibration
from tests.support.errors import raises_code
from tests.support.made_up import MakeStudy
from tests.support.pages import page

Row = dict[str, object]


def row(provider: str, applied: float, error: float, **facts: object) -> Row:
    base: Row = {
        "provider": provider, "quantity": "memory", "step": f"host-memory-{applied}", "where": "host",
        "applied": applied, "machine": "host", "meter": "meminfo", "metric": "MemFree", "unit": "MiB",
        "can_see": True, "known": applied, "seen": applied + error, "explained": 0, "error": error, "tolerance": 1.0,
        "resolution": 0.0, "passed": abs(error) <= 1, "before": "a", "after": "b",
    }  # fmt: skip
    return base | facts


ROWS = [
    row("kvm", 64, 0.2),
    row("kvm", 256, -0.31),
    row("xen", 64, 0.1),
    row("kvm", 64, 0.04, metric="pss", meter="pss", can_see=False, seen=0.04),
    row("kvm", 30, 0.07, quantity="cpu", meter="mpstat", metric="busy", unit="percent", tolerance=0.5, where="guest"),
]


def write(study: Path, rows: list[Row], **facts: object) -> Path:
    found = {
        "schema": 1,
        "id": "20261124-120000",
        "created": "2026-11-24T12:00:00Z",
        "again": [],
        "rows": rows,
        **facts,
    }
    (study / "calibration.json").write_text(json.dumps(found))
    return study


def text(study: Path) -> str:
    return " ".join(page(study).split())


def test_the_worst_of_all_steps_counts(make_study: MakeStudy) -> None:
    found = read_calibration(write(make_study(), ROWS))
    assert found is not None
    assert found.providers == ("kvm", "xen")
    assert found.applied == {("memory", "host"): (64, 256), ("cpu", "guest"): (30,)}
    first = found.lines[0]
    assert (first.meter, first.metric, first.allowed) == ("meminfo", "MemFree", 1)
    assert first.cells["kvm"].worst == -0.31
    assert [line.quantity for line in found.lines] == ["memory", "memory", "cpu"]


def test_the_paper_has_table_and_verdict(make_study: MakeStudy) -> None:
    page = text(write(make_study(), ROWS))
    assert "Table A6." in page
    assert "A process on the lab host took 64 and 256 MiB." in page
    assert "within 1 MiB and 0.5 percentage points" in page
    assert "All 5 readings are." in page
    assert "\N{MINUS SIGN}0.31" in page
    assert "blind, +0.04" in page
    assert ", off" not in page


def test_what_is_off_is_told_and_marked(make_study: MakeStudy) -> None:
    page = text(write(make_study(), [*ROWS, row("virtualbox", 64, 3.5)], again=["kvm cpu-rest: disturbed"]))
    assert "1 of 6 readings are off by more than that" in page
    assert "+3.50, off" in page
    assert "taken again (1)" in page


def test_a_study_without_one_says_so(make_study: MakeStudy) -> None:
    study = make_study()
    assert read_calibration(study) is None
    assert "The meters were not calibrated on this study" in text(study)


def test_a_damaged_file_is_refused_by_name(make_study: MakeStudy) -> None:
    study = make_study()
    (study / "calibration.json").write_text('{"id": "x"}')
    with raises_code("invalid-dataset", "calibration.json: created", "docs/reference/calibration.md"):
        page(study)
