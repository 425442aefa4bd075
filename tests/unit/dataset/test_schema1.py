from pathlib import Path

import pytest
from pydantic import ValidationError

from dataset.descriptors import Descriptors
from dataset.schema1 import upgrade
from tests.support.errors import raises_code

FILE = Path("study.json")


def names(data: dict[str, object]) -> list[str]:
    return [it["name"] for it in upgrade(data, FILE)["hypervisors"]]


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"parameters": {"providers": ["kvm", "xen"]}}, ["xen", "kvm"]),
        ({"parameters": {"providers": ["kvm"]}, "runs": [{"provider": "virtualbox"}]}, ["kvm", "virtualbox"]),
        ({"parameters": {}}, ["xen", "kvm", "virtualbox"]),
        ({"parameters": 3, "runs": "none"}, ["xen", "kvm", "virtualbox"]),
    ],
)
def test_hypervisors_are_those_that_the_study_names(named: dict[str, object], expected: list[str]) -> None:
    assert names({"schema": 1, **named}) == expected


def test_derived_numbers_are_of_those_hypervisors() -> None:
    described = Descriptors.model_validate(upgrade({"schema": 1, "parameters": {"providers": ["xen"]}}, FILE))
    assert {it.hypervisor for it in described.derived} == {"xen"}
    (free,) = [it for it in described.derived if it.name == "machine_free"]
    assert [(term.meter, term.metric) for term in free.terms] == [("free", "paper_free"), ("xl-info", "free_memory")]


def test_factors_have_the_values_that_were_set() -> None:
    study = {"schema": 1, "parameters": {"providers": ["kvm"], "factors": {"ksm": True, "dom0_memory": "1024M"}}}
    factors = {it.name: it for it in Descriptors.model_validate(upgrade(study, FILE)).factors}
    assert {name: it.value for name, it in factors.items()} == {"ksm": True, "dom0_memory": "1024M"}
    assert factors["ksm"].applies == {}
    assert factors["dom0_memory"].applies == {"kvm": False}


def test_unknown_hypervisor_is_an_error() -> None:
    with raises_code("invalid-dataset", "'bhyve'", "schema 1"):
        upgrade({"schema": 1, "parameters": {"providers": ["bhyve"]}}, FILE)


@pytest.mark.parametrize("data", [{"schema": 2, "hypervisors": []}, {"schema": "1"}, [], None, "text"])
def test_anything_else_is_left_as_it_is(data: object) -> None:
    assert upgrade(data, FILE) is data


def test_every_criterion_names_its_sources() -> None:
    described = Descriptors.model_validate(upgrade({"schema": 1}, FILE))
    for hypervisor in described.hypervisors:
        assert set(hypervisor.criteria) == {"kind", "cpu", "guests", "manager"}


HYPERVISOR = {"name": "bhyve", "title": "bhyve", "image_folder": "/bhyve"}
DERIVED = {
    "name": "machine_free",
    "title": "Free memory",
    "unit": "MiB",
    "hypervisor": "bhyve",
    "terms": [{"meter": "free", "metric": "paper_free"}],
}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"hypervisors": [HYPERVISOR, HYPERVISOR]}, "hypervisor bhyve is described twice"),
        ({"derived": [DERIVED]}, "derived number machine_free is of bhyve, which is not described"),
        ({"hypervisors": [HYPERVISOR], "derived": [DERIVED, DERIVED]}, "machine_free of bhyve is described twice"),
        ({"hypervisors": [{**HYPERVISOR, "colour": "blue"}]}, "colour"),
        ({"hypervisors": [{**HYPERVISOR, "name": "../x"}]}, "name"),
    ],
)
def test_descriptors_are_checked(data: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Descriptors.model_validate(data)


def test_unknown_fields_are_kept() -> None:
    described = Descriptors.model_validate({"hypervisors": [{**HYPERVISOR, "later": [1]}], "derived": [DERIVED]})
    assert described.model_dump()["hypervisors"][0]["later"] == [1]
