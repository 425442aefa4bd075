"""Meters side by side: each cost per guest, where the meters disagree, and the observer's cost."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from dataset import load
from report.data.readings import Readings
from report.tables.meter_comparison import SideBySide, side_by_side
from tests.support.pages import text_of

MakeStudy = Callable[..., Path]
KIB = 1024
# KVM: MiB at no guest, and of one guest. A guest's 140 MiB of RAM and 20 of QEMU's own are in no other part.
PARTS = {
    ("meminfo", "MemAvailable"): (3600, -590),
    ("vmm", "pss"): (0, 160),
    ("vmm", "uss"): (0, 150),
    ("vmm", "guest_ram"): (0, 140),
    ("vmm", "own"): (0, 20),
    ("account", "page_cache"): (300, 5),
    ("account", "kernel"): (80, 4),
    ("account", "rest"): (30, 1),
}
OBSERVER = {"pss": (800, "KiB"), "pss_mpstat": (1000, "KiB"), "cpu_mpstat": (0.25, "percent"), "sessions": (0, "count")}


def add(folder: Path, rows: list[list[object]]) -> Path:
    """Add rows (provider, stage, meter, metric, value, unit) of one boot."""
    with (folder / "measurements.csv").open("a", newline="", encoding="utf-8") as stream:
        for provider, stage, meter, metric, value, unit in rows:
            guests = int(str(stage)[3:]) if str(stage).startswith("vm-") else 0
            capture = f"runs/{provider}-01/captures/{stage}/{meter}.txt"
            csv.writer(stream, lineterminator="\n").writerow(
                [provider, 1, stage, guests, meter, metric, value, unit, capture]
            )
    return folder


def kvm_rows(guests: int) -> list[list[object]]:
    stages = {"booting": 0} | {f"vm-{n}": n for n in range(1, guests + 1)}
    rows: list[list[object]] = []
    for stage, running in stages.items():
        for (meter, metric), (fixed, each) in PARTS.items():
            if meter != "vmm" or running:
                rows.append(["kvm", stage, meter, metric, (fixed + each * running) * KIB, "KiB"])
        rows += [["kvm", stage, "observer", metric, value, unit] for metric, (value, unit) in OBSERVER.items()]
        if running:
            rows.append(["kvm", stage, "guest-boot", "sshd", 10 + running, "s"])
    return rows


def collect(folder: Path) -> SideBySide:
    dataset = load(folder)
    return side_by_side(Readings(dataset.measurements, dataset.study), dataset.study)


@pytest.mark.parametrize("guests", [1, 2, 4])
def test_every_meter_tells_the_cost_of_one_guest(make_study: MakeStudy, guests: int) -> None:
    found = collect(add(make_study(guests=guests, repeats=1), kvm_rows(guests)))
    assert (found.first, found.last) == ("vm-1" if guests > 1 else "booting", f"vm-{guests}")
    told = {name: row["kvm"].mean for name, row in found.memory.items() if "kvm" in row}
    wanted = {"free": 560.0, "available": 590.0, "cache": 5.0, "kernel": 4.0, "rest": 1.0}
    if guests > 1:  # without a guest there is no process to take the difference from
        wanted |= {"pss": 160.0, "uss": 150.0, "guest_ram": 140.0, "own": 20.0}
    assert told == pytest.approx(wanted)


def test_what_was_not_read_is_absent_not_zero(make_study: MakeStudy) -> None:
    found = collect(add(make_study(repeats=1), kvm_rows(4)))
    assert found.memory["guest_ram"].keys() == {"kvm"}
    assert found.memory["free"].keys() == {"xen", "kvm", "virtualbox"}
    assert "virtual" not in found.disk
    assert "given" not in found.memory
    assert found.cpu["guests"]["xen"].mean == 4 * 1.25
    assert found.boot["guest"]["kvm"].mean == pytest.approx(12.5)
    assert found.boot["controller"]["kvm"].mean == pytest.approx(61.2)


def test_how_far_the_meters_are_apart(make_study: MakeStudy) -> None:
    (only,) = collect(add(make_study(repeats=1), kvm_rows(4))).disagreements
    assert (only.provider, only.least, only.most) == ("kvm", "pss", "available")
    assert only.apart == pytest.approx(430)


def test_under_xen_the_hypervisors_free_memory_counts(make_study: MakeStudy) -> None:
    rows: list[list[object]] = [["xen", f"vm-{n}", "meminfo", "MemAvailable", 500 * KIB, "KiB"] for n in (1, 4)]
    rows += [["xen", "vm-4", "xl-list", f"mem:server{n}", 512, "MiB"] for n in range(1, 5)]
    rows += [["xen", "vm-4", "xl-list", "mem:Domain-0", 1024, "MiB"]]
    found = collect(add(make_study(repeats=1), rows))
    assert found.memory["available"]["xen"].mean == pytest.approx(530)
    assert found.memory["given"]["xen"].mean == 512


def test_the_paper_prints_them(make_study: MakeStudy) -> None:
    text = text_of(add(make_study(repeats=1), kvm_rows(4)))
    assert "Table M1" in text
    assert "of PSS: guest RAM none 140.0 none" in text
    assert "under KVM, PSS says least and MemAvailable most, 430.0 MiB apart" in text
    assert "its shell (PSS): KVM 800 KiB. While the CPU is read mpstat is, too: KVM 1000 KiB." in text
    assert "at most 2 MiB in all, is met" in text
    assert "of all CPUs: KVM 0.25 %. The aim, at most 0.1 %, is missed" in text
    assert "sessions of sshd" not in text


def test_a_session_during_a_reading_is_told(make_study: MakeStudy) -> None:
    rows = [[*row[:4], 2, row[5]] if row[3] == "sessions" else row for row in kvm_rows(4)]
    assert "Yet sessions of sshd were open" in text_of(add(make_study(repeats=1), rows))


def test_a_study_without_these_meters_has_no_such_table(make_study: MakeStudy) -> None:
    folder = make_study(repeats=1)
    assert not collect(folder)
    assert "Table M1" not in text_of(folder)


def test_the_managers_cost_by_free_and_by_pss(make_study: MakeStudy) -> None:
    folder = make_study(repeats=1)
    assert not collect(folder).manager.get("pss")
    rows: list[list[object]] = [
        ["kvm", "manager", "manager", "pss", 120 * KIB, "KiB"],
        ["kvm", "manager", "manager", "session_pss", 60 * KIB, "KiB"],
        ["kvm", "booting", "meminfo", "MemAvailable", 3600 * KIB, "KiB"],
        ["kvm", "manager", "meminfo", "MemAvailable", 3490 * KIB, "KiB"],
    ]
    found = collect(add(folder, rows)).manager
    assert {name: row["kvm"].mean for name, row in found.items() if name != "free"} == {
        "pss": 120,
        "session": 60,
        "available": 110,
    }
    text = text_of(folder)
    assert "Table M3" in text
    assert "PSS of the manager's processes none 120.0 none" in text
