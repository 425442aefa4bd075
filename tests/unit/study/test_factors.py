"""The factors as a lab host shows them, beside what was asked for."""

from typing import Any

import pytest

from core.errors import HvlabError
from dataset.stages import parse_stage
from hypervisors.base import Hypervisor
from hypervisors.registry import get_hypervisor
from lab.factors.settings import FactorsSettings
from study.factors import mismatches
from study.meters.factors import shown
from study.meters.readback import NAME
from tests.support.recorded import ROOT, Case, cases

USUAL: dict[str, Any] = {
    "ksm": False, "thp": "always", "swap": True, "dom0_memory": None, "page_cache": 0, "disk_strategy": {},
}  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "stage", "found", "asked", "says"),
    [
        ("kvm", "booting", {}, {}, []),
        ("kvm", "booting", {"ksm": True}, {}, ["ksm is true, false was asked for"]),
        ("kvm", "booting", {"ksm": None}, {}, ["ksm is absent, false was asked for"]),
        ("kvm", "booting", {"thp": "always"}, {"thp": "never"}, ["thp is always, never was asked for"]),
        ("kvm", "booting", {"thp": None}, {}, ["thp is absent, always was asked for"]),
        ("xen", "booting", {"thp": None, "dom0_memory": "fixed"}, {}, []),
        ("xen", "booting", {"dom0_memory": "fixed"}, {"dom0_memory": "ballooned"},
         ["dom0_memory is fixed, ballooned was asked for"]),
        ("kvm", "booting", {}, {"dom0_memory": "ballooned"}, []),
        ("kvm", "booting", {"swap": False}, {}, ["swap is false, true was asked for"]),
        ("kvm", "booting", {"page_cache": 1}, {}, ["page_cache is dropped, kept was asked for"]),
        ("kvm", "booting", {}, {"page_cache": "dropped"}, ["page_cache is kept, dropped was asked for"]),
        ("kvm", "vm-1", {"page_cache": 1, "disk_strategy": {"server1": "full-copy"}}, {"page_cache": "dropped"},
         ["page_cache was dropped 1 times, not at every stage so far"]),
        ("kvm", "vm-1", {"page_cache": 2, "disk_strategy": {"server1": "full-copy"}}, {"page_cache": "dropped"}, []),
        ("kvm", "vm-2", {"disk_strategy": {"server1": "full-copy", "server2": "linked-clone"}}, {},
         ["disk_strategy of server2 is linked-clone, full-copy was asked for"]),
        ("kvm", "vm-1", {}, {}, ["disk_strategy of server1 is absent, full-copy was asked for"]),
    ],
)  # fmt: skip
def test_a_difference_is_named_with_both_values(
    provider: str, stage: str, found: dict[str, Any], asked: dict[str, Any], says: list[str]
) -> None:
    wanted = dict(FactorsSettings(**asked))
    assert mismatches(USUAL | found, wanted, get_hypervisor(provider), parse_stage(stage)) == says


def test_a_factor_that_is_newer_than_the_study_is_not_compared() -> None:
    asked = {name: value for name, value in FactorsSettings() if name != "ksm"}
    assert mismatches(USUAL | {"ksm": None}, asked, get_hypervisor("kvm"), parse_stage("booting")) == []


def hypervisor_of(case: Case) -> Hypervisor:
    """Every recorded output's name begins with its hypervisor's."""
    return get_hypervisor(case.name.partition("-")[0])


@pytest.mark.parametrize("case", [case for case in cases("seen") if case.folder == NAME], ids=str)
def test_recorded_hosts(case: Case) -> None:
    assert shown(case.text, hypervisor_of(case)) == case.expected["seen"]


def test_every_way_to_make_a_disk_was_recorded() -> None:
    kinds = {kind for case in cases("seen") for kind in case.expected["seen"]["disk_strategy"].values()}
    assert kinds == {"full-copy", "linked-clone", "preallocated"}


GOOD = (ROOT / NAME / "xen-ballooned-linked-clone.txt").read_text()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("ksm/run:0", "ksm/run:?", "no whole number /sys/kernel/mm/ksm/run"),
        ("SwapTotal:       4194300 kB\n", "", "no whole number SwapTotal"),
        ("xen_commandline:console=com1 com1=115200,8n1", "xen_commandline:", "does not report its command line"),
        ("disks\n", "disks\n{}\n", "not qemu-img's"),
        ("disks\n", "disks\n{\n", "not qemu-img's"),
        ("disks\n", "", "no part 'disks'"),
        ("SwapTotal", "=====", "no name with a value"),
        ("factors end", "factors", "no last line"),
    ],
)
def test_a_spoilt_output_is_refused(before: str, after: str, says: str) -> None:
    refused("xen", before, after, says)


def test_a_spoilt_description_of_virtualbox_is_refused() -> None:
    refused("virtualbox", "disks\n", "disks\nUUID: 1\n", "begins no hard disk")


def refused(provider: str, before: str, after: str, says: str) -> None:
    assert before in GOOD
    with pytest.raises(HvlabError, match=says):
        shown(GOOD.replace(before, after), get_hypervisor(provider))


def test_swap_that_is_off_and_a_kernel_without_ksm() -> None:
    text = GOOD.replace("4194300 kB", "0 kB")
    text = "".join(line for line in text.splitlines(keepends=True) if "ksm" not in line)
    found = shown(text, get_hypervisor("xen"))
    assert (found["swap"], found["ksm"]) == (False, None)
