"""The readings' program runs under a plain sh, and its archive is read back whole or not at all."""

import pytest

from hypervisors.registry import get_hypervisor
from lab.settings import Settings
from study.measure.collector import commands, context_for, expected_s


@pytest.mark.parametrize("provider", ["kvm", "xen", "virtualbox"])
def test_the_cpu_is_read_before_anything_disturbs_it(provider: str) -> None:
    names = list(commands(context_for(get_hypervisor(provider), Settings())))
    assert names[0] == "mpstat"
    assert ("xentop" in names) == (provider == "xen")
    assert {"free", "meminfo", "pss", "disk", "uname"} <= set(names)
    # The kit's own cost comes after all meters, evidence after it.
    assert names.index("disk") < names.index("observer") < names.index("uname")


def test_it_is_asked_for_when_it_should_be_done() -> None:
    context = context_for(get_hypervisor("xen"), Settings())
    lines = commands(context)
    assert 10 + 4 + 5 + 3 < expected_s(lines) <= 10 + 4 + 5 + 3 + 0.3 * len(lines) + 1
