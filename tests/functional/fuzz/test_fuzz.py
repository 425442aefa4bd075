"""Generated inputs of each area are refused clearly, or read with the numbers that they have.

`./invoke test --fuzz=N` tries N of each area and prints counts; without it a few of each are tried.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.fuzz import captures, guest_files, hardware, journal, settings
from tests.support.fuzz import Area, run, wanted

AREAS: list[Area] = [area for each in (captures, settings, journal, hardware, guest_files) for area in each.AREAS]
# A study takes a minute to make; what a few changes to one do is tested in tests/functional/study/test_mutated.py.
if "HVLAB_FUZZ" in os.environ:
    from tests.functional.fuzz import studies

    AREAS += studies.AREAS
Record = Callable[[str, object], None]


@pytest.mark.parametrize("area", AREAS, ids=str)
def test_nothing_wrong_is_taken_for_right(area: Area, tmp_path: Path, record_property: Record) -> None:
    counts = run(area, tmp_path / "place", wanted(area))
    lines = [counts.line(), *counts.details()]
    if counts.other:
        listed = tmp_path / "other-numbers.tsv"
        listed.write_text("".join(f"{kind}\t{shown}\n" for kind, shown in counts.examples), encoding="utf-8")
        lines.append(f"  all: {listed}")
    record_property("fuzz", "\n".join(lines))
    assert not counts.tracebacks
    assert not counts.unargued
