"""A meter that is one module with its fixtures: it is added here while the program runs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataset.stages import parse_stage
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.settings import Settings
from study.describe import descriptors
from study.measure.collector import commands, context_for
from study.measure.rederive import measurements
from study.meters.registry import all_meters, meter
from tests.plugged import plugged_in
from tests.support.errors import raises_code
from tests.support.recorded import cases

MODULE = '''\
"""Meter `load-average`: the kernel's load average (proc_loadavg(5))."""

from study.meters.base import Context, Meter, Number, unrecognised


def command(context: Context) -> str:
    """Make the command line; it does not depend on the context."""
    return "cat /proc/loadavg"


def parse(text: str) -> list[Number]:
    """Read `runnable`, the number of processes that may run."""
    try:
        return [Number("runnable", int(text.split()[3].partition("/")[0]), "count")]
    except (IndexError, ValueError) as error:
        raise unrecognised("load-average", text, "no line of /proc/loadavg") from error


METER = Meter(name="load-average", title="Load average", quantity="cpu", command=command, parse=parse)
'''


@pytest.fixture
def fixtures(tmp_path: Path) -> Iterator[Path]:
    """Write the module and its fixture folder; nothing else is touched."""
    (tmp_path / "study/meters").mkdir(parents=True)
    (tmp_path / "study/meters/load_average.py").write_text(MODULE)
    folder = tmp_path / "fixtures/load-average"
    folder.mkdir(parents=True)
    (folder / "idle.txt").write_text("0.00 0.01 0.05 3/120 4711\n")
    (folder / "idle.json").write_text(json.dumps({"source": "by hand", "numbers": {"runnable": [3, "count"]}}))
    with plugged_in(tmp_path):
        yield folder.parent


def test_it_is_read_parsed_described_and_kept(fixtures: Path) -> None:
    (case,) = cases("numbers", fixtures)
    numbers = {number.metric: [number.value, number.unit] for number in meter(case.folder).parse(case.text)}
    assert numbers == case.expected["numbers"]
    for name in all_hypervisors():
        lines = commands(context_for(get_hypervisor(name), Settings()))
        assert lines["load-average"] == "cat /proc/loadavg"
        # The CPU's meters come first.
        assert list(lines).index("load-average") < list(lines).index("free")
    assert ("load-average", "Load average", "cpu") in {
        (each.name, each.title, each.quantity) for each in descriptors(["kvm"], {}).meters
    }
    (row,) = measurements("kvm", 1, parse_stage("vm-1"), "load-average", case.text)
    assert (row.metric, row.value, row.capture) == ("runnable", 3, "runs/kvm-01/captures/vm-1/load-average.txt")


def test_it_is_gone_with_its_module() -> None:
    assert "load-average" not in {each.name for each in all_meters()}
    with raises_code("unknown-meter"):
        meter("load-average")
