"""The lab host's command lines hold only what QEMU itself says that it knows; nothing is booted."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.paths import cache_root
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.images.qemu_command import probe_command
from tests.support.lab_hosts import nested_host

# The lab host's own emulator if it has been built, and this machine's QEMU.
PROGRAMS = [*sorted(cache_root().glob("emulator-*/qemu-system-x86_64"))[-1:], shutil.which("qemu-system-x86_64")]
KEY = "ssh-ed25519 AAAA"


@pytest.fixture(params=[str(program) for program in PROGRAMS if program] or [""])
def qemu(request: pytest.FixtureRequest) -> str:
    program: str = request.param
    return program or pytest.skip("no QEMU on this machine")


def says(qemu: str, *words: str) -> str:
    """Return what QEMU lists, in both of its output streams."""
    done = subprocess.run([qemu, *words], capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def lines(folder: Path) -> dict[str, list[str]]:
    """Return all command lines, by what they are for."""
    host = nested_host(folder)
    found = {
        f"{name} {accelerator}": host.command(get_hypervisor(name), accelerator, KEY)
        for name in all_hypervisors()
        for accelerator in ("kvm", "tcg")
    }
    return found | {"probe": probe_command(folder / "vmlinuz", folder / "initrd")}


def values(command: list[str], option: str) -> list[str]:
    return [command[place + 1] for place, word in enumerate(command) if word == option]


def all_values(folder: Path, option: str) -> set[str]:
    return {value for command in lines(folder).values() for value in values(command, option)}


def test_every_option_is_one_of_qemus(qemu: str, tmp_path: Path) -> None:
    known = set(re.findall(r"^-{1,2}([A-Za-z0-9-]+)", says(qemu, "-help"), re.MULTILINE))
    used = {word[1:] for command in lines(tmp_path).values() for word in command if re.match(r"-[A-Za-z]+$", word)}
    assert {"accel", "cpu", "device", "netdev"} <= used
    assert used <= known


def test_accelerators_and_machine(qemu: str, tmp_path: Path) -> None:
    accelerators = says(qemu, "-accel", "help").split()
    for value in all_values(tmp_path, "-accel"):
        assert value.split(",")[0] in accelerators
    machines = {line.split()[0] for line in says(qemu, "-machine", "help").splitlines() if line.strip()}
    assert all_values(tmp_path, "-machine") == {"q35"} <= machines


def test_processors(qemu: str, tmp_path: Path) -> None:
    """Both models, and each feature that is added to one or taken from it."""
    listed = says(qemu, "-cpu", "help")
    models = {line.removeprefix("x86 ").split()[0] for line in listed.splitlines() if line.strip()}
    flags = set(listed.partition("Recognized CPUID flags:")[2].split())
    used = all_values(tmp_path, "-cpu")
    assert len(used) == 3
    for value in used:
        model, *features = value.split(",")
        assert model in models
        assert {re.sub("^[+-]|=off$", "", feature) for feature in features} <= flags


def test_devices_and_their_properties(qemu: str, tmp_path: Path) -> None:
    for value in all_values(tmp_path, "-device"):
        name, *properties = value.split(",")
        known = set(re.findall(r"^\s+([A-Za-z0-9_.-]+)=", says(qemu, "-device", f"{name},help"), re.MULTILINE))
        assert {word.partition("=")[0] for word in properties} <= known
    # Of -drive if=virtio.
    assert "drive=" in says(qemu, "-device", "virtio-blk-pci,help")
    assert "user" in says(qemu, "-netdev", "help").split()
