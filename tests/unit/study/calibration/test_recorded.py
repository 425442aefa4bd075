"""Recorded readings (nested lab host under TCG, 2026-11-24) through the meters to verdicts."""

from pathlib import Path

import pytest

from dataset.calibration import Place, Row
from hypervisors.calibration import Key
from study.calibration import cpu_window
from study.calibration.cpu import Shares, cpu_rows
from study.calibration.expectation import Step, numbers
from study.calibration.memory import Memory, memory_rows
from study.meters.registry import meter
from tests.support.recorded import ROOT

RECORDED = ROOT / "calibration"


def reading(folder: Path) -> dict[Key, float]:
    found: dict[Key, float] = {}
    for file in folder.glob("*.txt"):
        if file.stem == "ticks":
            continue
        name = file.stem.removeprefix("guest-")
        machine: Place = "host" if name == file.stem else "guest"
        found |= numbers(machine, name, meter(name).parse(file.read_text()))
    return found


def memory(provider: str, before: str, where: Place, mib: int) -> dict[str, Row]:
    name = f"{where}-memory-{mib}"
    first, last = (Memory(reading(RECORDED / provider / step), step) for step in (before, name))
    rows = memory_rows(Step(provider, name, where, mib), first, last)
    return {f"{row.machine} {row.meter} {row.metric}": row for row in rows}


def test_96_mib_in_a_guest_of_kvm() -> None:
    rows = memory("kvm", "guest-memory-64", "guest", 96)
    assert len(rows) == 10
    assert all(row.passed and row.can_see for row in rows.values())
    assert rows["host pss pss"].error == pytest.approx(0, abs=0.01)
    assert rows["host zoneinfo free_and_on_lists"].error == pytest.approx(-0.07, abs=0.01)
    assert rows["guest zoneinfo free_and_on_lists"].error == pytest.approx(0, abs=0.01)


def test_64_mib_in_a_dom0_that_gives_up_its_caches_for_them() -> None:
    """MemFree did not fall at all: the kernel took the memory from its page cache."""
    rows = memory("xen", "guest-memory-96", "host", 64)
    assert all(row.passed for row in rows.values())
    free = rows["host meminfo MemFree"]
    assert free.seen == pytest.approx(-2.07, abs=0.01)
    assert free.explained == pytest.approx(-66.1, abs=0.1)
    assert free.error == pytest.approx(-0.1, abs=0.01)
    assert rows["host meminfo MemAvailable"].seen == pytest.approx(64.1, abs=0.01)
    assert rows["host free paper_used"].seen == 64
    assert not rows["host xl-info free_memory"].can_see


def test_80_percent_in_dom0() -> None:
    folder = RECORDED / "xen" / "host-cpu-80"
    ticks = cpu_window.parse((folder / "ticks.txt").read_text())
    loaded = Shares(reading(folder), ticks, "host-cpu-80")
    busy, steal = cpu_rows(Step("xen", "host-cpu-80", "host", 80), loaded, loaded)
    assert busy.known == pytest.approx(43.85, abs=0.01)
    assert busy.error == pytest.approx(-0.16, abs=0.01)
    assert steal.error == pytest.approx(-0.04, abs=0.01)
    assert busy.passed
    assert steal.passed
