"""The loads: their sizes in hvlab.toml, the stages that they add, their parsers, and one that is added as a file."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from core.errors import HvlabError
from dataset.stages import parse_stage, stages
from lab.loads.registry import all_loads, get_load
from lab.settings import Settings, load_settings
from loads.parts import join, split
from study.describe import descriptors
from study.meters.base import Number
from study.meters.registry import meter
from study.plan import Plan, planned_parameters, settings_of
from study.study import stages_of
from tests.plugged import plugged_in
from tests.support.errors import raises_code
from tests.support.recorded import Case, cases

NAMES = ("load-memory", "load-cpu", "load-disk", "load-network")
# A load of its own kind: program, size, parser and all.
ADDED = """\
from loads.base import Load, Program, Size, no_command
from loads.parts import numbers_of
from study.meters.base import Meter, Number

SHEETS = Size("sheets", 3, most=9)


def parse(text):
    return numbers_of("load-press", text, lambda output: [Number("sheets", int(output), "count")])


METER = Meter(
    name="load-press", title="Press", quantity="other", command=no_command, parse=parse, where="guests"
)
LOAD = Load("press", "press", (Program("load-press", lambda sizes: f"press {sizes['sheets']}"),), (SHEETS,))
"""


def settings(tmp_path: Path, table: str) -> Settings:
    file = tmp_path / "hvlab.toml"
    file.write_text(f"[load]\n{table}\n")
    return load_settings(file, {})


def test_without_a_load_nothing_is_added() -> None:
    given = Settings()
    assert given.load.idle
    assert [stage.name for stage in stages_of(given)] == ["booting", "manager", "vm-1", "vm-2", "vm-3", "vm-4"]
    kept = planned_parameters(given, Plan(("kvm",), 1, 7), stages_of(given))
    assert "load" not in kept.as_dict()
    assert not [it for it in descriptors(["kvm"], {}).meters if it.where == "guests"]


def test_stages_with_a_load() -> None:
    found = stages(2, load=True)
    assert [it.name for it in found] == ["booting", "vm-1", "vm-1+load", "vm-2", "vm-2+load", "vm-2+rest"]
    assert [it.guests for it in found] == [0, 1, 1, 2, 2, 2]
    assert [it.kind for it in found] == ["booting", "vm", "vm+load", "vm", "vm+load", "vm+rest"]
    assert sorted(found, key=lambda it: it.position) == found
    assert [parse_stage(it.name) for it in found] == found
    for wrong in ("booting+load", "manager+load", "vm-1+", "vm-1+LOAD", "vm-1+load+load"):
        with raises_code("invalid-stage"):
            parse_stage(wrong)


def test_a_study_keeps_its_load_and_continues_with_it(tmp_path: Path) -> None:
    given = settings(tmp_path, 'kind = "mixed"\nmemory_mib = 48\n[load.settle]\ngive_up_s = 30')
    kept = planned_parameters(given, Plan(("kvm",), 1, 7), stages_of(given))
    assert kept.load["memory_mib"] == 48
    assert kept.stages[-1] == "vm-4+rest"
    study: Any = SimpleNamespace(id="one", published=False, parameters=kept, environment=SimpleNamespace(kind="nested"))
    assert settings_of(study).load == given.load
    assert given.load.settle.give_up_s == 30


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ('kind = "coffee"', "load.kind"),
        ("cups = 3", "load.cups"),
        ("cpu_percent = 101", "load.cpu_percent"),
        ("cpu_percent = true", "load.cpu_percent"),
        ('kind = "memory"\nmemory_mib = 400', "needs 400 MiB in a guest of 512 MiB"),
    ],
)
def test_wrong_values_are_refused(tmp_path: Path, table: str, says: str) -> None:
    with raises_code("bad-setting", says):
        settings(tmp_path, table)


def test_the_loads_there_are() -> None:
    assert list(all_loads()) == ["idle", "cpu", "disk", "memory", "mixed", "network"]
    assert tuple(program.meter for program in get_load("mixed").programs) == NAMES
    with raises_code("unknown-load", "tea", "idle, cpu, disk"):
        get_load("tea")
    for name in NAMES:
        assert meter(name).where == "guests"


def test_lines_have_the_sizes(tmp_path: Path) -> None:
    load = settings(tmp_path, 'kind = "mixed"\nmemory_mib = 48\ncpu_percent = 33\ndisk_iops = 100').load
    lines = {program.meter: program.line(load.sizes()) for program in load.load.programs}
    assert "--vm-bytes 48M" in lines["load-memory"]
    assert "--cpu-load 33 " in lines["load-cpu"]
    assert "--rate_iops=70,30" in lines["load-disk"]


RECORDED = [case for case in cases("numbers") if case.folder in NAMES]
REFUSED = [case for case in cases("error") if case.folder in NAMES]


@pytest.mark.parametrize("case", RECORDED, ids=str)
def test_recorded_outputs(case: Case) -> None:
    found = {number.metric: [number.value, number.unit] for number in meter(case.folder).parse(case.text)}
    assert found == case.expected["numbers"]
    work = meter(case.folder).work
    assert work is None or found[f"{work.metric}:server1"][1] == work.unit


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_outputs_that_are_refused(case: Case) -> None:
    with raises_code("unknown-output", case.expected["error"]):
        meter(case.folder).parse(case.text)


def test_parts_lead_back_to_the_outputs() -> None:
    outputs = {"server1": b"guest server2 1 lines\n", "server2": b"", "server10": b"no end"}
    found = split("load-cpu", join(outputs).decode())
    assert found == {"server1": "guest server2 1 lines\n", "server2": "", "server10": "no end\n"}


@pytest.fixture
def added(tmp_path: Path) -> Iterator[None]:
    (tmp_path / "loads").mkdir()
    (tmp_path / "loads/press.py").write_text(ADDED)
    with plugged_in(tmp_path):
        yield


@pytest.mark.usefixtures("added")
def test_a_load_is_added_as_one_file(tmp_path: Path) -> None:
    load = settings(tmp_path, 'kind = "press"\nsheets = 7').load
    assert load.described()["sheets"] == 7
    assert [program.line(load.sizes()) for program in load.load.programs] == ["press 7"]
    assert meter("load-press").parse("guest server1 1 lines\n12\n") == [Number("sheets:server1", 12, "count")]
    assert [it.name for it in descriptors(["kvm"], {}, load.load).meters if it.where == "guests"] == ["load-press"]
    with raises_code("bad-setting", "load.sheets"):
        settings(tmp_path, "sheets = 10")


def test_it_is_gone_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(HvlabError):
        get_load("press")
    with raises_code("bad-setting"):
        settings(tmp_path, "sheets = 7")
