"""The nested lab host: how it is started, and that its process is told from others."""

import os
import socket
from pathlib import Path

import pytest

from hypervisors.boot import BootOptions
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.hosts.nested import NestedHost, running_provider
from lab.images.acceleration import obstacle_in
from lab.settings import LabHostSettings
from lab.state.processes import start_time
from tests.support.errors import raises_code
from tests.support.lab_hosts import nested_host


@pytest.fixture
def host(tmp_path: Path) -> NestedHost:
    return nested_host(tmp_path)


KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5/+x"


def test_all_providers_have_the_same_virtual_machine(host: NestedHost) -> None:
    """What differs between providers is the kernel that is started, nothing of the machine."""
    machines = set()
    for provider in all_hypervisors().values():
        words = host.command(provider, "tcg", KEY)
        assert any(f"hvlab.provider={provider.name} " in word for word in words)
        for option in ("-kernel", "-append", "-initrd"):
            place = words.index(option)
            del words[place : place + 2]
        machines.add(tuple(words))
    assert len(machines) == 1


def test_dom0_has_a_fixed_part_of_the_memory_or_all_of_it(host: NestedHost) -> None:
    xen, kvm = get_hypervisor("xen"), get_hypervisor("kvm")
    assert any("dom0_mem=1024M,max:1024M" in word for word in host.command(xen, "tcg", KEY))
    before = host.command(kvm, "tcg", KEY)
    host.options = lambda _: BootOptions({}, {"dom0_memory": "ballooned"})
    assert not any("dom0_mem" in word for word in host.command(xen, "tcg", KEY))
    assert host.command(kvm, "tcg", KEY) == before


def test_xens_modules_are_told_apart_by_one_comma(host: NestedHost) -> None:
    words = host.command(get_hypervisor("xen"), "tcg", KEY)
    modules = words[words.index("-initrd") + 1].split(",")
    assert len(modules) == 2
    assert "hvlab.key=ssh-ed25519:AAAAC3NzaC1lZDI1NTE5/+x" in modules[0]


def test_hardware_virtualization_shows_the_machines_own_cpu(host: NestedHost) -> None:
    words = host.command(get_hypervisor("kvm"), "kvm", KEY)
    assert words[words.index("-accel") + 1] == "kvm"
    assert words[words.index("-cpu") + 1] == "host,la57=off"
    emulated = host.command(get_hypervisor("kvm"), "tcg", KEY)
    assert emulated[emulated.index("-cpu") + 1] == LabHostSettings().cpu_model


@pytest.mark.parametrize("accelerator", ["kvm", "tcg"])
def test_under_either_accelerator_only_the_processor_differs(host: NestedHost, accelerator: str) -> None:
    words = host.command(get_hypervisor("xen"), accelerator, KEY)
    for option in ("-accel", "-cpu"):
        place = words.index(option)
        del words[place : place + 2]
    other = host.command(get_hypervisor("xen"), "kvm", KEY)
    assert [word for word in other if word not in ("-accel", "kvm", "-cpu", "host,la57=off")] == words


@pytest.mark.parametrize(
    ("console", "obstacle"),
    [
        ("HVLAB-PROBE-OK vmx\r\n", ""),
        ("[    0.5] noise\nHVLAB-PROBE-OK svm\n", ""),
        ("HVLAB-PROBE-OK\r\n", "is not nested"),
        ("Kernel panic - not syncing", "boots a guest"),
        ("", "boots a guest"),
    ],
)
def test_hardware_virtualization_is_used_only_where_a_guest_has_it_too(console: str, obstacle: str) -> None:
    found = obstacle_in(console)
    assert obstacle in found
    assert bool(found) == bool(obstacle)


def test_listens_on_loopback_only(host: NestedHost) -> None:
    assert any(
        "restrict=on,hostfwd=tcp:127.0.0.1:2622-:22" in word for word in host.command(get_hypervisor("kvm"), "tcg", KEY)
    )


def test_a_port_in_use_is_named(host: NestedHost, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        monkeypatch.setattr(host, "settings", LabHostSettings(ssh_port=port))
        with raises_code("port-in-use", f"port {port}"):
            host.boot(get_hypervisor("kvm"))
    assert running_provider(host.state) is None


def test_no_process_no_start_time() -> None:
    assert start_time(os.getpid())
    assert start_time(2**22 + 1) is None


def test_a_panic_on_the_console_is_told(host: NestedHost) -> None:
    host.state.mkdir()
    host.console_log().write_text("... Kernel panic - not syncing: Fatal exception in interrupt\n")
    assert "Kernel panic" in (host.died() or "")


@pytest.mark.parametrize(("said", "told"), [("", ""), ("a\nqemu: no memory\n", " (qemu: no memory)")])
def test_the_emulators_last_words_are_told(said: str, told: str, host: NestedHost) -> None:
    host.state.mkdir()
    host.console_log().write_text("HVLAB-READY\n")
    (host.state / "qemu.log").write_text(said)
    assert host.died() == f"the lab host has ended{told}"
