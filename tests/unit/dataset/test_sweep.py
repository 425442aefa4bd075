"""sweep.json: its form, its digests, and its studies as one table."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dataset import load_sweep
from dataset.store import LATEST, point_latest
from dataset.sweep import SWEEP_FILE, Axis, Cell, SweepInfo, find_sweep, list_sweeps, save_sweep_info
from dataset.sweep_digest import study_digest
from tests.support.errors import raises_code
from tests.support.made_up import write_study

NAME = "sweep-20261201-120000"


def cell(number: int, memory: Any, sha256: str | None = None) -> Cell:
    return Cell(number=number, values={"topology.memory_mib": memory}, study=f"{NAME}-{number:02}", sha256=sha256)


def info(*cells: Cell, **other: Any) -> SweepInfo:
    axis = Axis(parameter="topology.memory_mib", title="Memory of a guest", unit="MiB", levels=(256, 512))
    facts: dict[str, Any] = {
        "id": NAME, "title": "A sweep", "created": datetime(2026, 12, 1, 12, tzinfo=UTC), "design": "factorial",
        "axes": (axis,), "seed": 7, "repeats": 1, "file_sha256": "0" * 64, "cells": cells,
        "order": tuple(it.number for it in reversed(cells)),
    }  # fmt: skip
    return SweepInfo.model_validate(facts | other)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A sweep of two cells, of which one is finished."""
    found = tmp_path / "studies" / NAME
    study = write_study(found / "studies" / f"{NAME}-01", providers=("kvm",), guests=1, repeats=1)
    (study / "journal.jsonl").touch()
    save_sweep_info(found, info(cell(1, 256, study_digest(study)), cell(2, 512)))
    return found


def test_it_is_read_as_it_was_written(folder: Path) -> None:
    found = load_sweep(folder)
    assert found.info == info(*found.info.cells)
    assert [it.number for it in found.info.left] == [2]
    assert '"schema": 1' in (folder / SWEEP_FILE).read_text()


def test_its_studies_are_one_table(folder: Path) -> None:
    rows = load_sweep(folder).measurements()
    assert list(rows.columns[:3]) == ["cell", "topology.memory_mib", "provider"]
    assert set(rows["topology.memory_mib"]) == {256}


def test_a_cell_that_was_not_run(folder: Path) -> None:
    sweep = load_sweep(folder)
    with raises_code("cell-not-run", NAME, "cell 2"):
        sweep.study(sweep.info.cells[1])


def test_it_is_found_by_its_name(folder: Path, tmp_path: Path) -> None:
    assert find_sweep(tmp_path) == find_sweep(tmp_path, NAME) == list_sweeps(tmp_path)[0] == folder
    with raises_code("no-sweep", "another", NAME):
        find_sweep(tmp_path, "another")


def test_latest_is_no_study_of_a_sweep(folder: Path) -> None:
    point_latest(folder / "studies" / f"{NAME}-01")
    assert not (folder / "studies" / LATEST).is_symlink()


def test_the_digest_is_of_the_study_and_not_of_its_paper(folder: Path) -> None:
    study = folder / "studies" / f"{NAME}-01"
    before = study_digest(study)
    (study / "report").mkdir()
    (study / "report/paper.en.html").write_text("x")
    assert study_digest(study) == before
    with (study / "measurements.csv").open("a") as rows:
        rows.write("\n")
    assert study_digest(study) != before


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"cells": (cell(1, 256), cell(2, 256))}, "are the same"),
        ({"cells": (cell(1, 256), cell(2, 1024))}, "cell 2 has no value"),
        ({"cells": (cell(1, 256), cell(3, 512))}, "numbered"),
        ({"order": (1, 1)}, "order"),
        ({"cells": (cell(1, 256), {"number": 2, "values": {"topology.memory_mib": 512}, "study": "../x"})}, "folder"),
        ({"axes": ()}, "axes"),
    ],
)
def test_what_is_no_sweep(folder: Path, change: dict[str, Any], fact: str) -> None:
    with pytest.raises(ValueError, match=fact):
        info(**{"cells": (cell(1, 256), cell(2, 512)), "order": (2, 1)} | change)
    (folder / SWEEP_FILE).write_text('{"schema": 1}')
    with raises_code("invalid-dataset", SWEEP_FILE):
        load_sweep(folder)
