"""Used memory is one quantity, whatever the version of free counts as cache."""

from pathlib import Path
from typing import cast

import pytest

from report.data.readings import Readings
from report.tables.cache_meaning import cache_meaning, memory_of_2011
from report.tables.memory import MemoryInUse
from report.tables.quantities import Quantities
from study.meters.registry import meter
from tests.support.made_up import Row, make_rows, readings_of, write_rows, write_study
from tests.support.recorded import cases

FREE = {case.name: case.text for case in cases("numbers") if case.folder == "free"}
# Of the machine of both captures, which print KiB and are read as MiB.
MACHINE = {"MemTotal": 8009240, "MemFree": 6925768, "Buffers": 4000, "Cached": 759472, "SReclaimable": 39880}
USED_IN_2011 = 320000


def study(folder: Path, capture: str, parts: bool = True) -> Readings:
    """Make a study whose readings of free are a capture's, at one stage; with the kernel's parts or without them."""
    write_study(folder, providers=("kvm",), repeats=1, stages=("vm-1",))
    rows: list[Row] = [row for row in make_rows(("kvm",), 1, 1, ("vm-1",)) if row[4] != "free"]
    numbers = [("free", it.metric, it.value, "MiB") for it in meter("free").parse(FREE[capture])]
    if parts:
        numbers += [("meminfo", name, value * 1024, "KiB") for name, value in MACHINE.items()]
    rows += [["kvm", 1, "vm-1", 1, *number, "runs/kvm-01/captures/vm-1/free.txt"] for number in numbers]
    write_rows(folder, rows)
    return readings_of(folder)


def used(readings: Readings) -> float:
    values = Quantities(readings, cast(MemoryInUse, None), {}).values("used", "kvm", "vm-1")
    assert values is not None
    return float(values.mean())


@pytest.mark.parametrize("capture", ["busybox-1.30", "procps-3.3.15-same-machine"])
def test_one_machine_has_one_used_memory_under_each_version_of_free(capture: str, tmp_path: Path) -> None:
    readings = study(tmp_path, capture)
    free = memory_of_2011(readings, "free", "kvm", "vm-1")
    assert used(readings) == USED_IN_2011
    assert free is not None
    assert used(readings) + float(free.mean()) == MACHINE["MemTotal"]


def test_how_far_free_is_from_the_meaning_of_2011_is_told(tmp_path: Path) -> None:
    new = cache_meaning(study(tmp_path / "new", "procps-3.3.15-same-machine"), ["vm-1"])
    old = cache_meaning(study(tmp_path / "old", "busybox-1.30"), ["vm-1"])
    assert new
    assert (new.least, new.most, new.parts, new.same) == (39880, 39880, True, False)
    assert old
    assert old.same


def test_without_the_kernels_parts_both_limits_are_given(tmp_path: Path) -> None:
    readings = study(tmp_path, "procps-3.3.15-same-machine", parts=False)
    meaning = cache_meaning(readings, ["vm-1"])
    assert meaning
    assert (meaning.least, meaning.most, meaning.parts) == (0, 803352, False)
    assert used(readings) == 280120


def test_what_prints_buffers_and_cache_apart_needs_no_word(tmp_path: Path) -> None:
    assert cache_meaning(study(tmp_path, "procps-3.2", parts=False), ["vm-1"]) is None
