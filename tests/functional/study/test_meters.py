"""Registry, commands, and properties that hold for all outputs of a layout."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hypervisors.registry import get_hypervisor
from lab.settings import Settings
from study.measure.collector import context_for
from study.measure.evidence import evidence_for
from study.meters.base import Context, Number
from study.meters.registry import guest_meters, meter, meters_for
from study.meters.samples import repeated

CONTEXT = Context(provider="kvm", image_folder="/kvm")


def values(numbers: list[Number]) -> dict[str, int | float]:
    return {number.metric: number.value for number in numbers}


def sh(command: str) -> str:
    return subprocess.run(["sh", "-c", command], check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("provider", ["kvm", "xen", "virtualbox"])
def test_commands_are_posix_sh_on_one_line(provider: str) -> None:
    context = replace(context_for(get_hypervisor(provider), Settings()), image_folder="/images of guests")
    commands = [each.command(context) for each in meters_for(provider) + guest_meters()]
    commands += [evidence.command for evidence in evidence_for(get_hypervisor(provider))]
    for command in commands:
        assert "\n" not in command
        subprocess.run(["sh", "-n", "-c", command], check=True)


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
