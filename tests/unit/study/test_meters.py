"""Registry, commands, and properties that hold for all outputs of a layout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import HvlabError
from study.measure.evidence import proofs_for, running_guests
from study.meters.base import Context, Number
from study.meters.registry import all_meters, guest_meters, meter, meters_for
from study.meters.samples import repeated

CONTEXT = Context(provider="kvm", image_folder="/kvm")
MIB = st.integers(0, 10**7)


def values(numbers: list[Number]) -> dict[str, int | float]:
    return {number.metric: number.value for number in numbers}


def sh(command: str) -> str:
    return subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True).stdout


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
    with pytest.raises(HvlabError, match="valid meters: account, disk, factors, free"):
        meter("fre")


@pytest.mark.parametrize("provider", ["kvm", "xen", "virtualbox"])
def test_commands_are_posix_sh_on_one_line(provider: str) -> None:
    context = Context(provider, "/images of guests", mpstat_interval_s=3, mpstat_count=4, xentop_delay_s=2)
    commands = [each.command(context) for each in meters_for(provider) + guest_meters()]
    commands += [proof.command for proof in proofs_for(provider)]
    for command in commands:
        assert "\n" not in command
        subprocess.run(["sh", "-n", "-c", command], check=True)


def test_commands_carry_the_context() -> None:
    context = Context("xen", "/it's here", mpstat_interval_s=3, mpstat_count=4, xentop_delay_s=2)
    assert meter("mpstat").command(context).endswith("mpstat 3 4")
    assert meter("xentop").command(context) == "xentop -b -i 2 -d 2"
    assert meter("disk").command(context).endswith("""'/it'"'"'s here'""")


@pytest.mark.parametrize(
    "wrong",
    [
        {"image_folder": "kvm"},
        {"mpstat_count": 0},
        {"memory_count": 0},
        {"xentop_delay_s": -1},
        {"guest_processes": ("a; reboot",)},
    ],
)
def test_context_refuses_what_no_command_can_be_made_of(wrong: dict[str, object]) -> None:
    with pytest.raises(HvlabError):
        Context(**{"provider": "kvm", "image_folder": "/kvm", **wrong})  # type: ignore[arg-type]


def test_pss_needs_names_for_an_unknown_provider() -> None:
    with pytest.raises(HvlabError, match="bhyve"):
        meter("pss").command(Context("bhyve", "/bhyve"))
    names = Context("bhyve", "/bhyve", guest_processes=("bhyve",), daemon_processes=("vmd",))
    assert "bhyve) group=guest" in meter("pss").command(names)


def test_pss_program_reads_this_machine(tmp_path: Path) -> None:
    """The program finds a real process by name, and no process gives a count of 0 without sums."""
    sleeper = tmp_path / "hvlabsleeper"
    sleeper.symlink_to("/bin/sleep")
    context = Context("kvm", "/kvm", guest_processes=("hvlabsleep*",), daemon_processes=("no-such-name",))
    with subprocess.Popen([sleeper, "60"]) as process:
        try:
            text = sh(meter("pss").command(context))
        finally:
            process.kill()
    assert f"pid={process.pid} group=guest comm=hvlabsleeper" in text
    numbers = values(meter("pss").parse(text))
    assert numbers["processes"] == 1
    assert 0 < numbers["pss"] <= numbers["rss"]
    assert numbers["daemon_processes"] == 0
    assert "daemon_pss" not in numbers


def test_disk_program_reads_this_machine(tmp_path: Path) -> None:
    images = tmp_path / "images"
    (images / "lost+found").mkdir(parents=True)
    (images / "lost+found" / "x").write_bytes(b"x")
    (images / "a b").mkdir()
    sparse = images / "a b" / "server 1.img"
    sparse.touch()
    os.truncate(sparse, 10**9)
    numbers = values(meter("disk").parse(sh(meter("disk").command(Context("kvm", str(images))))))
    assert numbers["apparent"] == numbers["apparent:a b/server 1.img"] == 10**9
    assert numbers["allocated"] == sparse.stat().st_blocks * 512


def test_free_and_meminfo_read_this_machine() -> None:
    numbers = values(meter("free").parse(sh(meter("free").command(CONTEXT))))
    meminfo = values(meter("meminfo").parse(sh(meter("meminfo").command(CONTEXT))))
    assert numbers["total"] == meminfo["MemTotal"] // 1024


@given(name=st.from_regex(r"[A-Za-z][A-Za-z0-9 ._-]{0,40}[A-Za-z0-9]", fullmatch=True), memory=MIB)
def test_domain_names_with_spaces(name: str, memory: int) -> None:
    text = (
        "Name                ID   Mem VCPUs\tState\tTime(s)\n"
        "Domain-0             0  1024     2     r-----     115.7\n"
        f"{name:<20} 7 {memory:5}     1     -b----      21.5\n"
    )
    assert values(meter("xl-list").parse(text))[f"mem:{name}"] == memory
    assert running_guests("xl-list", text) == [name]


@given(text=st.text(max_size=300))
def test_any_text_gives_numbers_or_an_error_of_one_line(text: str) -> None:
    for each in all_meters():
        try:
            numbers = each.parse(text)
        except HvlabError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert numbers


def test_running_guests_of_a_capture_that_lists_none() -> None:
    with pytest.raises(HvlabError, match="these do: vboxmanage-runningvms, virsh-list"):
        running_guests("uname", "Linux")


def test_proofs_do_not_lie_over_meters_captures() -> None:
    names = [each.name for each in all_meters()]
    for provider in ("kvm", "xen", "virtualbox"):
        names_here = [proof.name for proof in proofs_for(provider)]
        assert {"uname", "dmesg-hypervisor"} < set(names_here)
        assert not set(names_here) & set(names)


@pytest.mark.parametrize("name", ["meminfo", "pss", "xl-info"])
def test_several_samples_are_asked_for(name: str) -> None:
    once = meter(name).command(Context("xen", "/xen"))
    several = meter(name).command(Context("xen", "/xen", memory_count=3))
    asked, lasts = meter(name).asked, meter(name).lasts
    assert asked
    assert lasts
    assert (asked(once), asked(several)) == (1, 3)
    assert (lasts(once), lasts(several)) == (0, 1)


def test_several_samples_of_this_machine() -> None:
    numbers = values(meter("meminfo").parse(sh(meter("meminfo").command(Context("kvm", "/kvm", memory_count=3)))))
    assert numbers["samples"] == 3
    assert abs(numbers["MemFree"] - numbers["MemFree:median"]) < numbers["MemTotal"] / 10
    assert "MemTotal:median" not in numbers


def test_a_command_that_fails_ends_its_samples() -> None:
    done = subprocess.run(["sh", "-c", repeated("echo once; false", 3)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "once\n")


def test_account_of_this_machine_adds_up() -> None:
    numbers = values(meter("account").parse(sh(meter("account").command(CONTEXT))))
    parts = sum(numbers[name] for name in ("processes", "page_cache", "kernel", "rest"))
    hugetlb = values(meter("meminfo").parse(sh("cat /proc/meminfo"))).get("Hugetlb", 0)
    assert parts + hugetlb == numbers["used"]
    assert numbers["kernel"] == sum(
        numbers.get(name, 0) for name in ("slab", "page_tables", "nested_page_tables", "percpu", "vmalloc")
    )


def test_vmm_tells_a_guests_memory_from_the_vmms_own(tmp_path: Path) -> None:
    """A process that holds 32 MiB, as a QEMU with a guest of this size would."""
    holder = tmp_path / "hvlabholder"
    holder.symlink_to(sys.executable)
    program = (
        "import mmap, sys; ram = mmap.mmap(-1, 32 << 20, mmap.MAP_PRIVATE); ram.write(b'x' * (20 << 20));"
        " print('ready', flush=True); sys.stdin.read()"
    )
    context = Context("kvm", "/kvm", guest_processes=("hvlabholder",), daemon_processes=("no-such-name",))
    line = [str(holder), "-I", "-c", program, "-m", "size=32768k"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        numbers = values(meter("vmm").parse(sh(meter("vmm").command(context))))
        process.communicate("")
    assert numbers["processes"] == 1
    assert numbers["guest_ram"] == pytest.approx(20 * 1024, abs=2048)  # a huge page may be the system's choice
    assert numbers["own"] == numbers["pss"] - numbers["guest_ram"] > 0
    assert numbers["uss"] >= numbers["guest_ram_uss"] + numbers["own_uss"]


def test_image_size_reads_this_machine(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    tool = tmp_path / "tools" / "qemu-img"
    tool.write_text('#!/bin/sh\nprintf \'{"virtual-size": 5, "filename": "%s"}\\n\' "$4"\n')
    tool.chmod(0o755)
    images = tmp_path / "images of guests"
    (images / "server1").mkdir(parents=True)
    for name in ("server1/disk.vmdk", "a.img", "server1/VBox.log"):
        (images / name).touch()
    line = meter("image-size").command(Context("kvm", str(images)))
    numbers = values(meter("image-size").parse(sh(f"PATH={tmp_path}/tools:$PATH; {line}")))
    assert numbers == {"virtual": 10, "virtual:a.img": 5, "virtual:server1/disk.vmdk": 5}
