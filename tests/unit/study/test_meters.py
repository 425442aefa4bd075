"""Registry, commands, and properties that hold for all outputs of a layout."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HvlabError
from hypervisors.registry import get_hypervisor
from hypervisors.xen.xl_list import domains
from lab.settings import Settings
from study.measure.collector import context_for
from study.measure.evidence import evidence_for
from study.meters.base import Context, Number
from study.meters.registry import all_meters, guest_meters, meter, meters_for
from tests.support.errors import raises_code

MIB = st.integers(0, 10**7)


def values(numbers: list[Number]) -> dict[str, int | float]:
    return {number.metric: number.value for number in numbers}


def test_registry() -> None:
    names = [each.name for each in all_meters() if each.where == "lab host"]
    assert names == [
        *("account", "disk", "factors", "free", "image-size", "manager", "meminfo", "mpstat", "observer", "pss"),
        *("vmm", "xentop", "xl-info", "xl-list", "zoneinfo"),
    ]
    assert [each.name for each in guest_meters()] == ["guest-boot"]
    xen_only = {"xentop", "xl-info", "xl-list"}
    assert {each.name for each in meters_for("kvm")} == set(names) - xen_only
    assert {each.name for each in meters_for("xen")} == set(names)
    with raises_code("unknown-meter", "account, disk, factors, free"):
        meter("fre")


def test_commands_carry_the_context() -> None:
    own = {"xentop_delay_s": 2}
    context = Context("xen", "/it's here", mpstat_interval_s=3, mpstat_count=4, parameters=own)
    assert meter("mpstat").command(context).endswith("mpstat 3 4")
    assert meter("xentop").command(context).endswith(" -i 2 -d 2")
    assert meter("disk").command(context).endswith("""'/it'"'"'s here'""")


@pytest.mark.parametrize(
    "wrong",
    [
        {"image_folder": "kvm"},
        {"mpstat_count": 0},
        {"memory_count": 0},
        {"daemon_arguments": ('"; reboot',)},
        {"guest_processes": ("a; reboot",)},
    ],
)
def test_context_refuses_what_no_command_can_be_made_of(wrong: dict[str, object]) -> None:
    with pytest.raises(HvlabError):
        Context(**{"provider": "kvm", "image_folder": "/kvm", **wrong})  # type: ignore[arg-type]


def test_pss_needs_names_for_an_unknown_provider() -> None:
    with raises_code("no-processes", "bhyve"):
        meter("pss").command(Context("bhyve", "/bhyve"))
    names = Context("bhyve", "/bhyve", guest_processes=("bhyve",), daemon_processes=("vmd",))
    assert "bhyve) group=guest" in meter("pss").command(names)


@given(name=st.from_regex(r"[A-Za-z][A-Za-z0-9 ._-]{0,40}[A-Za-z0-9]", fullmatch=True), memory=MIB)
def test_domain_names_with_spaces(name: str, memory: int) -> None:
    text = (
        "Name                ID   Mem VCPUs\tState\tTime(s)\n"
        "Domain-0             0  1024     2     r-----     115.7\n"
        f"{name:<20} 7 {memory:5}     1     -b----      21.5\n"
    )
    assert values(meter("xl-list").parse(text))[f"mem:{name}"] == memory
    assert [domain.name for domain in domains(text)] == ["Domain-0", name]


@given(text=st.text(max_size=300))
def test_any_text_gives_numbers_or_an_error_of_one_line(text: str) -> None:
    for each in all_meters():
        try:
            numbers = each.parse(text)
        except HvlabError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert numbers


def test_proofs_do_not_lie_over_meters_captures() -> None:
    names = [each.name for each in all_meters()]
    for provider in ("kvm", "xen", "virtualbox"):
        names_here = [evidence.name for evidence in evidence_for(get_hypervisor(provider))]
        assert {"uname", "dmesg-hypervisor"} < set(names_here)
        assert not set(names_here) & set(names)


@pytest.mark.parametrize("name", ["meminfo", "pss", "xl-info"])
def test_several_samples_are_asked_for(name: str) -> None:
    several_times = context_for(get_hypervisor("xen"), Settings())
    once = meter(name).command(replace(several_times, memory_count=1))
    several = meter(name).command(replace(several_times, memory_count=3))
    asked, lasts = meter(name).asked, meter(name).lasts
    assert asked
    assert lasts
    assert (asked(once), asked(several)) == (1, 3)
    assert (lasts(once), lasts(several)) == (0, 1)
