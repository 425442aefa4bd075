"""The factors as a lab host shows them, beside what was asked for."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from core.errors import HvlabError
from dataset.models import load_study, save_study
from dataset.stages import parse_stage
from hypervisors.registry import get_hypervisor
from lab.settings import FactorsSettings
from study.factors import differences
from study.meters.factors import NAME, Seen, seen
from study.plan import Plan, settings_of, unlike
from study.verify import check
from tests.unit.study.fakelab import FakeLab, fake_settings, resume, take
from tests.unit.study.fixtures import ROOT, Case, cases

USUAL: dict[str, Any] = {
    "ksm": False, "thp": "always", "swap": True, "dom0_memory": None, "page_cache_drops": 0, "disks": {},
}  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "stage", "shown", "asked", "says"),
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
        ("kvm", "booting", {"page_cache_drops": 1}, {}, ["page_cache is dropped, kept was asked for"]),
        ("kvm", "booting", {}, {"page_cache": "dropped"}, ["page_cache is kept, dropped was asked for"]),
        ("kvm", "vm-1", {"page_cache_drops": 1, "disks": {"server1": "full-copy"}}, {"page_cache": "dropped"},
         ["page_cache was dropped 1 times, not at every stage so far"]),
        ("kvm", "vm-1", {"page_cache_drops": 2, "disks": {"server1": "full-copy"}}, {"page_cache": "dropped"}, []),
        ("kvm", "vm-2", {"disks": {"server1": "full-copy", "server2": "linked-clone"}}, {},
         ["disk_strategy of server2 is linked-clone, full-copy was asked for"]),
        ("kvm", "vm-1", {}, {}, ["disk_strategy of server1 is absent, full-copy was asked for"]),
    ],
)  # fmt: skip
def test_a_difference_is_named_with_both_values(
    provider: str, stage: str, shown: dict[str, Any], asked: dict[str, Any], says: list[str]
) -> None:
    found = Seen(**{**USUAL, **shown})
    assert differences(found, FactorsSettings(**asked), get_hypervisor(provider), parse_stage(stage)) == says


@pytest.fixture
def lab(tmp_path: Path) -> FakeLab:
    return FakeLab(tmp_path / "state", fake_settings(1))


def test_a_study_keeps_what_was_asked_and_seen(tmp_path: Path, lab: FakeLab) -> None:
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    info = load_study(folder)
    assert info.parameters["factors"]["disk_strategy"] == "full-copy"
    assert info.parameters["disk_strategy"]["kvm"].startswith("full copy")
    assert info.runs[0].factors == {
        "ksm": "false", "thp": "always", "swap": "true", "dom0_memory": "absent", "page_cache": "kept",
        "disk_strategy": "full-copy",
    }  # fmt: skip
    assert settings_of(info).factors == lab.settings.factors
    other = {**info.parameters, "factors": {**info.parameters["factors"], "ksm": True}}
    assert unlike(info.parameters, other) == ["factors.ksm (False and True)"]


def test_a_run_whose_host_is_not_as_asked_fails(tmp_path: Path, lab: FakeLab) -> None:
    kernel = lab.state / "kernel"
    before = kernel.read_text()
    kernel.write_text(before.replace("ksm/run:0", "ksm/run:1"))
    with pytest.raises(HvlabError, match=r"kvm-01: factors at stage booting under KVM: ksm is true, false was asked"):
        take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    kernel.write_text(before)
    (folder,) = (tmp_path / "studies").glob("2*")
    resume(folder, lab)
    assert check(folder) == []


def test_a_check_finds_other_factors_in_study_json(tmp_path: Path, lab: FakeLab) -> None:
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    info = load_study(folder)
    info.runs[0].factors["thp"] = "never"
    save_study(folder, info)
    assert check(folder) == ["kvm-01: study.json tells other factors than its captures show"]
    info.runs[0].factors = {}
    info.parameters["factors"]["thp"] = "never"
    save_study(folder, info)
    problems = check(folder)
    assert "kvm-01, vm-1: thp is always, never was asked for" in problems
    assert "kvm-01: what the lab host showed of the factors is not told" in problems


@pytest.mark.parametrize("case", [case for case in cases("seen") if case.folder == NAME], ids=str)
def test_recorded_hosts(case: Case) -> None:
    assert asdict(seen(case.text)) == case.expected["seen"]


def test_every_way_to_make_a_disk_was_recorded() -> None:
    kinds = {kind for case in cases("seen") for kind in case.expected["seen"]["disks"].values()}
    assert kinds == {"full-copy", "linked-clone", "preallocated"}


GOOD = (ROOT / NAME / "xen-ballooned-linked-clone.txt").read_text()


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("ksm/run:0", "ksm/run:?", "no whole number /sys/kernel/mm/ksm/run"),
        ("SwapTotal:       4194300 kB\n", "", "no whole number SwapTotal"),
        ("xen_commandline:console=com1 com1=115200,8n1", "xen_commandline:", "does not tell its command line"),
        ("disks\n", "disks\n{}\n", "not qemu-img's"),
        ("disks\n", "disks\n{\n", "not qemu-img's"),
        ("disks\n", "disks\nUUID: 1\n", "begins no hard disk"),
        ("SwapTotal", "=====", "no name with a value"),
    ],
)
def test_a_spoilt_output_is_refused(before: str, after: str, says: str) -> None:
    assert before in GOOD
    with pytest.raises(HvlabError, match=says):
        seen(GOOD.replace(before, after))


def test_swap_that_is_off_and_a_kernel_without_ksm() -> None:
    text = GOOD.replace("4194300 kB", "0 kB")
    found = seen("".join(line for line in text.splitlines(keepends=True) if "ksm" not in line))
    assert (found.swap, found.ksm) == (False, None)
