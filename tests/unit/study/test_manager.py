"""Stage `manager`: opened, alive at every later reading, pictured, checked; or left out."""

import pytest

from hypervisors.registry import get_hypervisor
from lab.settings import Settings
from study.measure.collector import context_for
from study.meters.registry import meter
from tests.support.errors import raises_code


@pytest.mark.parametrize("provider", ["kvm", "xen", "virtualbox"])
def test_it_is_in_no_other_group(provider: str) -> None:
    context = context_for(get_hypervisor(provider), Settings())
    mine, others = meter("manager").command(context), meter("pss").command(context)
    name = "VirtualBox)" if provider == "virtualbox" else "virt-manager"
    assert name in mine
    assert name not in others.replace("|VirtualBoxVM)", "")


def test_another_output_is_an_error() -> None:
    with raises_code("unknown-output", "meter manager"):
        meter("manager").parse("what\nmatched=1\n")
