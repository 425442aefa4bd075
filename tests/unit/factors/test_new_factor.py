"""A factor that is one file (tests/plugins/factors): everything else of hvlab takes it up by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset.stages import parse_stage
from hypervisors.registry import get_hypervisor
from lab.connectors.address import Kind
from lab.doctor.check import Wanted
from lab.doctor.run import all_checks
from lab.factors.host import render_factors_script, require_possible
from lab.factors.registry import describe_factors, host_settings
from lab.settings import Settings, load_settings
from study.factors import as_declared, mismatches
from study.meters.base import Context, Number
from study.meters.factors import METER, shown
from tests.plugged import factors_plugged_in
from tests.support.errors import raises_code
from tests.support.recorded import ROOT


@pytest.fixture(autouse=True)
def plugin() -> Iterator[None]:
    with factors_plugged_in():
        yield


_PATH = "/proc/sys/vm/overcommit_memory"
OLD_CAPTURE = (ROOT / "factors" / "kvm-full-copy.txt").read_text()
KVM, XEN = get_hypervisor("kvm"), get_hypervisor("xen")
VM_2 = parse_stage("vm-2")


def settings(tmp_path: Path, table: str, **environ: str) -> Settings:
    file = tmp_path / "hvlab.toml"
    file.write_text(f"[factors]\n{table}\n")
    return load_settings(file, environ)


def capture(word: int) -> str:
    return f"{_PATH}:{word}\n{OLD_CAPTURE}"


def test_it_is_a_parameter(tmp_path: Path) -> None:
    assert Settings().factors.overcommit == "guess"
    assert settings(tmp_path, 'overcommit = "never"').factors.overcommit == "never"
    assert settings(tmp_path, "", HVLAB_FACTORS__OVERCOMMIT="always").factors.overcommit == "always"
    with raises_code("bad-setting", "factors.overcommit", "'guess', 'always' or 'never'"):
        settings(tmp_path, "overcommit = 2")


def test_it_is_set_and_set_back(tmp_path: Path) -> None:
    program = render_factors_script(settings(tmp_path, 'overcommit = "never"').factors)
    (line,) = (line for line in program.splitlines() if line.startswith("set_value overcommitment "))
    assert line.endswith(" 2")
    assert "overcommitment" in [each.name for each in host_settings()]


def test_it_is_refused_where_it_has_no_effect(tmp_path: Path) -> None:
    wanted = settings(tmp_path, 'overcommit = "never"')
    require_possible(wanted, ["kvm", "xen"])
    with pytest.raises(
        HvlabError, match=r'factors\.overcommit = "never" has no effect here: Xen has no guests in the host'
    ):
        require_possible(wanted, ["xen"])


def test_it_is_read_back(tmp_path: Path) -> None:
    assert f"grep -sH . {_PATH}; " in METER.command(Context("kvm", "/kvm"))
    assert Number("overcommit", 2, "count") in METER.parse(capture(2))
    assert as_declared(shown(capture(2), KVM))["overcommit"] == "never"


def test_it_is_compared(tmp_path: Path) -> None:
    asked = dict(settings(tmp_path, 'overcommit = "never"').factors)
    assert mismatches(shown(capture(2), KVM), asked, KVM, VM_2) == []
    assert mismatches(shown(capture(0), KVM), asked, KVM, VM_2) == ["overcommit is guess, never was asked for"]
    absent = ["overcommit is absent, never was asked for"]
    assert mismatches(shown(OLD_CAPTURE, KVM), asked, KVM, VM_2) == absent


def test_captures_of_studies_before_it_give_the_same_numbers_as_then() -> None:
    with_it = METER.parse(OLD_CAPTURE)
    assert "overcommit" not in {number.metric for number in with_it}
    assert as_declared(shown(OLD_CAPTURE, KVM))["overcommit"] == "absent"


def test_it_is_described() -> None:
    described = describe_factors(dict(Settings().factors), [KVM.describe(), XEN.describe()])
    assert [each.name for each in described][-1] == "overcommit"
    assert described[-1].title == "Overcommitment of memory"
    assert described[-1].value == "guess"
    assert described[-1].applies == {"xen": False}


@pytest.mark.parametrize(
    ("kind", "output", "state", "seen"),
    [
        ("local", "2\n", "ok", "never"),
        ("local", "0\n", "warn", "guess"),
        ("nested", "0\n", "ok", "guess; the lab host has its own"),
    ],
)
def test_doctor_compares_a_machine_with_what_is_declared(
    tmp_path: Path, kind: Kind, output: str, state: str, seen: str
) -> None:
    check = next(each for each in all_checks() if each.name == "overcommitment")
    wanted = Wanted(kind, None, settings(tmp_path, 'overcommit = "never"'), "/cache", "/state")
    assert check.line(wanted) == f"cat {_PATH}\n"
    found = check.judge(output, wanted)
    assert (found.state, found.seen) == (state, seen)
    assert (state == "warn") == ("factors.overcommit in hvlab.toml declares never" in found.todo)
