"""What holds of every factor: its names, its default, what it reads, and what old captures show of it."""

import re
from typing import Any

import pytest
from pydantic import TypeAdapter

from core.paths import PROJECT
from dataset.derived import unit_factor
from dataset.stages import parse_stage
from factors.base import Factor
from hypervisors.registry import all_hypervisors
from lab.factors.registry import all_factors, get_factor, host_settings
from lab.factors.settings import FactorsSettings, default_of
from lab.settings import load_settings
from study.meters.factors import METER, readings_of
from tests.support.errors import raises_code
from tests.support.recorded import ROOT

EVERY = sorted(all_factors())


@pytest.mark.parametrize("name", EVERY)
def test_its_names_and_its_default(name: str) -> None:
    factor = get_factor(name)
    assert factor.name == name
    assert re.fullmatch(r"[a-z][a-z0-9_]*", name)
    assert factor.title
    assert TypeAdapter(factor.type).validate_python(factor.default) == default_of(name) == factor.default


@pytest.mark.parametrize("name", EVERY)
def test_it_is_in_the_reference(name: str) -> None:
    assert f"### {name}\n" in (PROJECT / "docs" / "reference" / "factors.md").read_text()


@pytest.mark.parametrize("name", EVERY)
def test_every_hypervisor_reads_it_back_or_is_without_it(name: str) -> None:
    for hypervisor in all_hypervisors().values():
        assert name in readings_of(hypervisor) or get_factor(name).without(hypervisor.describe()), hypervisor.name


def test_the_file_of_parameters_has_the_defaults() -> None:
    assert load_settings(PROJECT / "hvlab.toml", {}).factors == FactorsSettings()


def test_only_what_a_running_host_can_be_told_is_set_there() -> None:
    assert [setting.name for setting in host_settings()] == ["KSM", "transparent huge pages", "swap"]


def test_an_unknown_factor_is_an_error_that_names_the_known() -> None:
    with raises_code("unknown-factor", "'colour'") as raised:
        get_factor("colour")
    assert "ksm, thp, swap" in raised.value.hint


def test_an_absent_factor_is_a_mismatch_unless_it_has_no_effect_there() -> None:
    factor: Factor[Any] = Factor(name="x", title="X", type=bool, default=True)
    here, elsewhere = (all_hypervisors()[name].describe() for name in ("kvm", "xen"))
    without = elsewhere.model_copy(update={"without_factors": {"x": "has none"}})
    booting = parse_stage("booting")
    assert factor.mismatches(None, True, booting, here) == ["x is absent, true was asked for"]
    assert factor.mismatches(None, True, booting, without) == []
    assert factor.mismatches(False, True, booting, without) == ["x is false, true was asked for"]


def test_effects_are_among_the_numbers() -> None:
    units = {number.metric: number.unit for number in METER.parse((ROOT / "factors" / "kvm-full-copy.txt").read_text())}
    effects = [effect for factor in all_factors().values() for effect in factor.effects]
    assert {effect.metric for effect in effects} == {"ksm_pages_sharing", "swap_used"}
    for effect in effects:
        assert unit_factor(units[effect.metric], effect.read_in) > 0
        assert effect.unit == "MiB"
