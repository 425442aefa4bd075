"""What a lab has in VirtualBox: its guests, what Vagrant imported for them, and what was set."""

import os
import subprocess
from pathlib import Path

import pytest

from hypervisors.layout import resources_of
from hypervisors.registry import get_hypervisor
from tests.functional.hypervisors.host import Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host.create(tmp_path / "host")


def machine(host: Host, name: str, card: str, folder: str, description: str = "") -> None:
    told = f'name="{name}"\nCfgFile="{folder}/{name}/{name}.vbox"\nmacaddress1="{card}"\n'
    host.path(f"vbox/{name}").write_text(told + (f'description="{description}"\n' if description else ""))


def test_guests_and_imports_go(host: Host) -> None:
    disks = str(host.path("disks"))
    machine(host, "server1", "525400687601", disks)
    machine(host, "debian-12_1732000000000_12345", "080027AABBCC", disks, "Made by hvlab")
    assert host.remove("virtualbox") == ["removed: machine server1", f"removed: machines imported into {disks}"]
    assert list(host.path("vbox").iterdir()) == []


def test_foreign_machines_survive(host: Host) -> None:
    disks = str(host.path("disks"))
    machine(host, "server1", "080027AABBCC", disks)
    machine(host, "server2", "525400687602", "/root/VirtualBox VMs")
    machine(host, "web", "525400687601", disks)
    machine(host, "debian-12_1732000000000_12345", "080027AABBCC", "/root/VirtualBox VMs", "Made by hvlab")
    machine(host, "temp_clone_1732000000000_12345", "080027AABBCC", disks)
    before = host.tree()
    assert host.remove("virtualbox") == [
        f"foreign: machine server2 (it does not lie in {disks})",
        "foreign: machine server1 (its network card is not this lab's)",
    ]
    assert host.tree() == before


def test_a_server_that_does_not_run_is_not_an_empty_one(host: Host) -> None:
    machine(host, "server1", "525400687601", str(host.path("disks")))
    host.path("broken").touch()
    said = host.remove("virtualbox")
    assert len(said) == 3
    assert all(line.startswith("failed: machine") and "COM server is not running" in line for line in said)


def test_a_machine_that_stays_locked_is_still_there(host: Host) -> None:
    machine(host, "server1", "525400687601", str(host.path("disks")))
    host.path("stuck").touch()
    assert host.remove("virtualbox") == ["failed: machine server1 (is still there: VBoxManage: error: it is locked)"]


def test_what_was_set_is_set_back(host: Host) -> None:
    host.path("machinefolder").write_text("/root/it's $(touch hacked)\n")
    host.path("extra/GUI_UpdateDate").write_text("1 w, 2026-01-01\n")
    before, lab = host.tree(), resources_of("virtualbox", host.layout())
    memories = {one.name: one.detail for one in host.run("claim", lab) if one.result == "remembered"}
    host.path("machinefolder").write_text("/vbox\n")
    for key in ("UpdateDate", "SuppressMessages"):
        host.path(f"extra/GUI_{key}").write_text("changed\n")
    known = [one.with_memory(memories[one.name]) for one in lab if one.remembers != "no"]
    assert {one.result for one in host.run("remove", known)} == {"removed"}
    assert host.tree() == before


def test_all_that_opening_the_manager_sets_is_remembered(host: Host) -> None:
    keys = {one.name for one in resources_of("virtualbox", host.layout()) if one.name.startswith("GUI/")}
    prepared = get_hypervisor("virtualbox").manager.prepare
    assert {word for word in prepared.split() if word.startswith("GUI/")} == keys


def running(host: Host) -> "subprocess.CompletedProcess[str]":
    environment = {**os.environ, "PATH": f"{host.path('bin')}:{os.environ['PATH']}", "FAKE": str(host.root)}
    line = f"{get_hypervisor('virtualbox').running_command} 2>&1"
    return subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, check=False)


def test_running_guests_are_named_and_a_server_that_does_not_run_is_an_error(host: Host) -> None:
    for name in ("server1", "my web"):
        machine(host, name, "525400687601", str(host.path("disks")))
    assert running(host).stdout.splitlines() == ["my web", "server1"]
    host.path("broken").touch()
    done = running(host)
    assert done.returncode != 0
    assert "COM server is not running" in done.stdout
