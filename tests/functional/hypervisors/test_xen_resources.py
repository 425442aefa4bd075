"""What a lab has under Xen besides libvirt's: clones on mapped devices, and domains that libvirt has lost."""

from pathlib import Path

import pytest

from hypervisors.layout import resources_of
from tests.functional.hypervisors.host import Host


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host.create(tmp_path / "host", xen=True)


def clone(host: Host) -> None:
    """Make what the provider makes for a linked clone."""
    disks = host.path("disks")
    (disks / "server1.cow").write_text("x")
    host.path("loop/loop0").write_text(f"7:0 {disks}/box.raw\n")
    host.path("loop/loop1").write_text(f"7:1 {disks}/server1.cow\n")
    host.path("dm/server1").write_text("0 41943040 snapshot 7:0 7:1 P 8\n")


@pytest.mark.parametrize("ancient", [False, True])
def test_a_clone_goes_with_its_devices(host: Host, ancient: bool) -> None:
    """CentOS 5's losetup and virsh know fewer options."""
    if ancient:
        host.path("ancient").touch()
    before = host.tree()
    host.run("create", resources_of("xen", host.layout()))
    clone(host)
    host.path("xl/server1").write_text("52:54:00:68:76:01")
    domain = "<domain><mac address='52:54:00:68:76:01'/><source dev='/dev/mapper/server1'/></domain>"
    host.path("dom/server1").write_text(domain)
    disks = host.path("disks")
    assert host.remove("xen") == [
        "removed: domain server1 (xen:///system)",
        "removed: domain server1 (xl)",
        "removed: mapping /dev/mapper/server1",
        f"removed: loop device {disks}/server1.cow",
        f"removed: disk {disks}/server1.cow",
        f"removed: loop device {disks}/box.raw",
        f"removed: disk {disks}/box.raw",
        "removed: network hvlab (xen:///system)",
        f"removed: folder {disks}",
    ]
    assert host.tree() == before


def test_a_clone_whose_file_was_deleted(host: Host) -> None:
    host.run("create", resources_of("xen", host.layout()))
    clone(host)
    (host.path("disks") / "server1.cow").unlink()
    host.path("loop/loop1").write_text(f"7:1 {host.path('disks')}/server1.cow (deleted)\n")
    said = host.remove("xen")
    assert "removed: mapping /dev/mapper/server1" in said
    assert not any(line.startswith(("failed", "foreign")) for line in said)


def test_foreign_mappings_loop_devices_and_domains_survive(host: Host) -> None:
    host.path("loop/loop0").write_text("7:0 /srv/other.img\n")
    host.path("dm/server1").write_text("0 41943040 linear 7:0 0\n")
    host.path("xl/server1").write_text("52:54:00:aa:bb:cc")
    before = host.tree()
    assert host.remove("xen") == [
        "foreign: domain server1 (xl) (its network card is not this lab's)",
        f"foreign: mapping /dev/mapper/server1 (it does not write to {host.path('disks')}/server1.cow)",
    ]
    assert host.tree() == before


def test_the_device_models_wrapper_is_undone(host: Host) -> None:
    host.path("libexec").mkdir()
    model = host.path("libexec/xen-qemu-system-i386")
    model.write_text("#!/bin/sh\nthe model\n")
    before, lab = host.tree(), resources_of("xen", host.layout())
    host.run("create", lab)
    assert "-vga xenfb" in model.read_text()
    assert f"removed: wrapper {model}" in [line.replace("/usr", str(host.root)) for line in host.remove("xen")]
    assert host.tree() == before


def test_a_wrapper_of_somebody_else_serves_as_well(host: Host) -> None:
    host.path("libexec").mkdir()
    for name in ("", ".real"):
        host.path(f"libexec/xen-qemu-system-i386{name}").write_text("#!/bin/sh\nsomebody's\n")
    lab = resources_of("xen", host.layout())
    assert not [one for one in host.run("claim", lab) if one.result == "foreign"]
    assert "wrapper" not in {one.kind for one in host.run("create", lab)}


def test_xl_that_fails_is_an_error(host: Host) -> None:
    host.path("broken").touch()
    assert "failed: domain server1 (xl) (cannot be seen: xl: libxl is not there)" in host.remove("xen")
