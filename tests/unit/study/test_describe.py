"""How new studies describe themselves, from the plug-ins."""

from pathlib import Path

import pytest
from pydantic import JsonValue

from dataset.derived import check_derived
from dataset.descriptors import Descriptors
from dataset.schema1 import upgrade
from hypervisors.registry import all_hypervisors
from study.describe import descriptors, merged, merged_title, study_title

FACTORS: dict[str, JsonValue] = {"ksm": True, "thp": "never"}


@pytest.mark.parametrize("name", all_hypervisors())
def test_every_hypervisor_describes_itself(name: str) -> None:
    described = descriptors([name], FACTORS)
    assert [it.name for it in described.hypervisors] == [name]
    assert {it.hypervisor for it in described.derived} == {name}
    assert {"machine_free", "machine_total", "machine_available"} <= {it.name for it in described.derived}
    assert {it.name: it.value for it in described.factors} == FACTORS
    check_derived(described)


@pytest.mark.parametrize("name", ["kvm", "virtualbox", "xen"])
def test_plug_ins_say_what_schema_1_is_read_as(name: str) -> None:
    old = Descriptors.model_validate(upgrade({"schema": 1, "parameters": {"providers": [name]}}, Path("study.json")))
    new = descriptors([name], {})
    assert new.derived == old.derived
    assert new.hypervisors[0].model_dump(exclude={"without_factors"}) == old.hypervisors[0].model_dump(
        exclude={"without_factors"}
    )


def test_only_meters_that_apply_are_described() -> None:
    assert "xentop" not in {it.name for it in descriptors(["kvm"], {}).meters}
    assert {"xentop", "free"} <= {it.name for it in descriptors(["kvm", "xen"], {}).meters}


def test_merged_studies_describe_what_both_have() -> None:
    kvm, both = descriptors(["kvm"], FACTORS), descriptors(["kvm", "xen"], FACTORS)
    joined = merged(kvm, both)
    assert [it.name for it in joined.hypervisors] == ["kvm", "xen"]
    assert {it.name for it in joined.meters} == {it.name for it in both.meters}
    assert {(it.hypervisor, it.name) for it in joined.derived} == {(it.hypervisor, it.name) for it in both.derived}
    assert next(it for it in joined.factors if it.name == "ksm").applies == {"xen": False}
    assert merged(both, kvm) == both


@pytest.mark.parametrize(
    ("names", "title"),
    [
        (["kvm"], "Resource usage of KVM"),
        (["virtualbox", "kvm"], "Resource usage of KVM and VirtualBox"),
        (["xen", "virtualbox", "kvm"], "Resource usage of Xen, KVM and VirtualBox"),
    ],
)
def test_the_title_names_what_is_studied_in_the_order_of_print(names: list[str], title: str) -> None:
    assert study_title(descriptors(names, {}).hypervisors) == title


def test_a_study_that_is_extended_is_named_after_all_its_hypervisors() -> None:
    one, both = descriptors(["kvm"], {}).hypervisors, descriptors(["kvm", "xen"], {}).hypervisors
    assert merged_title("Resource usage of KVM", one, both) == "Resource usage of Xen and KVM"
    assert merged_title("Our two servers", one, both) == "Our two servers"
