from collections.abc import Callable
from pathlib import Path

import pytest

from report.data.sources import group_captures
from report.tables.cpu import table_4
from report.tables.disk import figure_9
from tests.support.errors import raises_code
from tests.support.made_up import readings_of

REFERENCE = Path(__file__).resolve().parents[3] / "reference" / "paper-2011"
GIB = 1024**3
MakeStudy = Callable[..., Path]


def test_published_cpu_has_idle_only() -> None:
    table = table_4(readings_of(REFERENCE), "vm-4", 2)
    assert {p: table.cells[p, "idle"].mean for p in ("xen", "kvm", "virtualbox")} == {
        "xen": 96.55,
        "kvm": 98.62,
        "virtualbox": 93.28,
    }
    assert table.missing.rows == ("user", "sys", "guest", "rest")
    assert table.guests == {}


def test_shares_and_rest(make_study: MakeStudy) -> None:
    table = table_4(readings_of(make_study(repeats=1)), "vm-4", 2)
    assert sum(table.cells["kvm", row].mean for row in ("idle", "user", "sys", "guest", "rest")) == pytest.approx(100)
    assert not table.missing


def test_guests_under_xen_are_without_dom0(make_study: MakeStudy) -> None:
    table = table_4(readings_of(make_study()), "vm-4", 2)
    assert {name: (cpu.mean, cpu.n) for name, cpu in table.guests.items()} == {"xen": (4 * 1.25, 2)}
    assert (table.host_only, table.guest_meters) == (("xen",), {"xen": "xentop"})


def test_rest_is_not_worked_out_from_half_the_shares(make_study: MakeStudy) -> None:
    folder = make_study(keep=lambda row: not (row[0] == "kvm" and row[5] == "sys"))
    table = table_4(readings_of(folder), "vm-4", 2)
    assert table.missing.cells == (("kvm", "sys"), ("kvm", "rest"))


def test_published_disk() -> None:
    disk = figure_9(readings_of(REFERENCE))
    assert [folder.provider for folder in disk.folders] == ["xen", "kvm", "virtualbox"]
    xen = disk.folders[0]
    assert xen.allocated is not None
    assert xen.allocated.mean == 16270740 * 1024
    assert [f.name for f in xen.files] == ["server1.img", "server2.img", "server3.img", "server4.img"]
    assert {f.allocated for f in xen.files} == {None}


def test_files_in_natural_order_and_gaps(make_study: MakeStudy) -> None:
    folder = make_study(guests=11, keep=lambda row: not (row[0] == "kvm" and row[4] == "disk"))
    disk = figure_9(readings_of(folder))
    assert [f.name for f in disk.folders[0].files][-2:] == ["server10/disk.img", "server11/disk.img"]
    assert disk.missing.providers == ("kvm",)


def test_units_are_converted_or_refused(make_study: MakeStudy) -> None:
    numbers = readings_of(make_study(repeats=1))
    total = numbers.estimate("kvm", "booting", "free", "total", "KiB")
    assert total is not None
    assert total.mean == 3937 * 1024
    with raises_code("wrong-unit", "free total", "MiB", "percent"):
        numbers.estimate("kvm", "booting", "free", "total", "percent")


def test_only_captures_drawn_upon_are_listed(make_study: MakeStudy) -> None:
    study = make_study()
    numbers = readings_of(study)
    assert numbers.sources() == []
    assert numbers.estimate("kvm", "vm-9", "free", "total", "MiB") is None
    table_4(numbers, "vm-1", 2)
    found = group_captures(numbers.sources(), study)
    assert [(it.provider, it.repeat, it.meters) for it in found] == [
        ("xen", 1, ("mpstat", "xentop")),
        ("xen", 2, ("mpstat", "xentop")),
        ("kvm", 1, ("mpstat",)),
        ("kvm", 2, ("mpstat",)),
        ("virtualbox", 1, ("mpstat",)),
        ("virtualbox", 2, ("mpstat",)),
    ]
    assert found[0].folder == "runs/xen-01/captures/vm-1"
    assert found[0].files == (("mpstat.txt", ""), ("xentop.txt", ""))
