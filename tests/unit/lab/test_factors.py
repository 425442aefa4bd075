"""What a provider cannot do is refused by name; what is set on the host is valid shell."""

from typing import Any

import pytest

from core.errors import HvlabError
from hypervisors.registry import all_hypervisors
from lab.factors.host import render_before_reading_script, render_factors_script, require_possible
from lab.factors.registry import all_factors
from lab.factors.settings import FactorsSettings
from lab.settings import Settings

ALL = ("xen", "kvm", "virtualbox")


def wanting(guests: int = 4, **factors: Any) -> Settings:
    return Settings.model_validate({"factors": factors, "topology": {"guests": guests}})


@pytest.mark.parametrize(
    ("factors", "providers", "says"),
    [
        ({"ksm": True}, ("xen", "virtualbox"), r"factors\.ksm = true has no effect here: Xen .*dom0.*; VirtualBox"),
        ({"dom0_memory": "ballooned"}, ("kvm",), r'factors\.dom0_memory = "ballooned".*KVM has no dom0'),
        ({"thp": "madvise"}, ("xen",), r'factors\.thp = "madvise"'),
        ({"disk_strategy": "preallocated", "guests": 5}, ("kvm",), r"5 disks of 20 GiB do not fit on /kvm"),
    ],
)
def test_what_none_of_the_providers_can_do(factors: dict[str, Any], providers: tuple[str, ...], says: str) -> None:
    with pytest.raises(HvlabError, match=says) as raised:
        require_possible(wanting(**factors), providers)
    assert raised.value.hint


@pytest.mark.parametrize(
    "factors",
    [{}, {"ksm": True}, {"dom0_memory": "ballooned"}, {"thp": "never"}, {"disk_strategy": "preallocated"},
     {"disk_strategy": "linked-clone"}, {"swap": False, "page_cache": "dropped"}],
)  # fmt: skip
def test_what_one_of_them_can_do(factors: dict[str, Any]) -> None:
    require_possible(wanting(**factors), ALL)


def test_the_defaults_suit_every_provider_alone() -> None:
    for name in ALL:
        require_possible(Settings(), [name])


def test_what_providers_go_without_are_factors() -> None:
    for provider in all_hypervisors().values():
        assert {*provider.without, *provider.factor_readings} <= all_factors().keys()


def test_each_setting_is_given_its_value() -> None:
    lines = render_factors_script(FactorsSettings(ksm=True, thp="never", swap=False)).splitlines()
    assert [line.split()[-1] for line in lines if line.startswith("set_value ")] == ["1", "never", "none"]


def test_only_a_dropped_page_cache_asks_for_something_before_a_reading() -> None:
    assert render_before_reading_script(FactorsSettings()) == ""
    assert "sync && echo 3 >/proc/sys/vm/drop_caches" in render_before_reading_script(
        FactorsSettings(page_cache="dropped")
    )
