"""The hypervisors as plug-ins: what they declare, and what is found in folders outside the project."""

import json

import pytest

from core.paths import PROJECT
from dataset.descriptors import Descriptors
from hypervisors.registry import all_hypervisors
from lab.factors.registry import all_factors
from study.meters.registry import all_meters

SCHEMA_1 = Descriptors.model_validate(json.loads((PROJECT / "reference/schema-1.json").read_text()))


def test_the_first_hypervisors_describe_themselves_as_studies_of_schema_1_are_described() -> None:
    found = {each.name: each.describe() for each in all_hypervisors().values()}
    factors = all_factors().values()
    for info in SCHEMA_1.hypervisors:
        own = found[info.name]
        without = {factor.name: why for factor in factors if (why := factor.without(own))}
        assert own.model_copy(update={"without_factors": without}) == info
        derived = [each for each in SCHEMA_1.derived if each.hypervisor == info.name]
        assert list(all_hypervisors()[info.name].derived()) == derived


def test_hypervisors_come_in_the_order_of_the_first_study() -> None:
    assert list(all_hypervisors())[: len(SCHEMA_1.hypervisors)] == [info.name for info in SCHEMA_1.hypervisors]


@pytest.mark.parametrize("info", SCHEMA_1.meters, ids=lambda info: info.name)
def test_meters_are_titled_as_studies_of_schema_1_are(info: object) -> None:
    titles = {each.name: (each.title, each.quantity, each.where) for each in all_meters()}
    known = next(each for each in SCHEMA_1.meters if each is info)
    assert titles[known.name] == (known.title, known.quantity, known.where)
