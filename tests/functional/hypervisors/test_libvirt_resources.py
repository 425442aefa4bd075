"""What a lab has in libvirt goes with all that belongs to it; what is somebody else's survives."""

from pathlib import Path

import pytest

from hypervisors.layout import resources_of
from tests.functional.hypervisors.host import Host

OURS = "<domain><mac address='52:54:00:68:76:01'/><source file='{}/disks/server1.img'/></domain>"
FOREIGN = {
    "dom/server1": "<domain><mac address='52:54:00:aa:bb:cc'/></domain>",
    "dom/server2": "<domain><mac address='52:54:00:68:76:02'/><source file='/srv/other.img'/></domain>",
    "dom/web": "<domain/>",
    "net/hvlab": "<network><name>hvlab</name><uuid>11111111-0000-0000-0000-000000000000</uuid></network>",
    "pool/hvlab": "<pool><name>hvlab</name><uuid>22222222-0000-0000-0000-000000000000</uuid></pool>",
    "disks/server1.img": "disk",
    "disks/server2.cow": "disk",
    "disks/hvlab-VAGRANTSLASH-debian-12_vagrant_box_image_1_box.img": "disk",
    "disks/box.raw": "disk",
}


def put(host: Host, files: dict[str, str]) -> None:
    for name, text in files.items():
        host.path(name).parent.mkdir(exist_ok=True)
        host.path(name).write_text(text)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host.create(tmp_path / "host")


def test_created_used_removed(host: Host) -> None:
    before, layout = host.tree(), host.layout()
    lab = resources_of("kvm", layout)
    assert {one.result for one in host.run("claim", lab)} == {"absent", "remembered"}
    created = [str(one) for one in host.run("create", lab)]
    assert created == [
        f"folder {host.path('disks')}",
        "network hvlab (qemu:///system)",
        f"box volume {host.path('disks')}/hvlab-VAGRANTSLASH-*",
        "storage pool hvlab (qemu:///system)",
    ]
    assert "192.168.68.11" in host.path("net/hvlab").read_text()
    assert host.path("net/hvlab.active").exists()
    assert host.path("pool/hvlab.active").exists()
    # What Vagrant makes.
    put(host, {"dom/server1": OURS.format(host.root), "dom/server1.active": "", "disks/server1.img": "disk"})
    assert host.run("create", lab) == []
    assert host.remove("kvm") == [
        "removed: domain server1 (qemu:///system)",
        f"removed: disk {host.path('disks')}/server1.img",
        "removed: storage pool hvlab (qemu:///system)",
        f"removed: box volume {host.path('disks')}/hvlab-VAGRANTSLASH-*",
        "removed: network hvlab (qemu:///system)",
        f"removed: folder {host.path('disks')}",
    ]
    assert host.tree() == before
    assert host.remove("kvm") == []


@pytest.mark.parametrize("name", ["kvm", "xen"])
def test_what_is_somebody_elses_survives(name: str, tmp_path: Path) -> None:
    host = Host.create(tmp_path / "host", xen=name == "xen")
    put(host, FOREIGN)
    before = host.tree()
    said = host.remove(name)
    assert all(line.startswith("foreign: ") for line in said), said
    assert (
        f"foreign: network hvlab ({'qemu' if name == 'kvm' else 'xen'}:///system) (its UUID is not this lab's)" in said
    )
    assert host.tree() == before
    in_the_way = {one.name for one in host.run("claim", resources_of(name, host.layout())) if one.result == "foreign"}
    assert f"server1 ({'qemu' if name == 'kvm' else 'xen'}:///system)" in in_the_way
    assert str(host.path("disks/server1.img")) in in_the_way


def test_another_labs_things_are_foreign(host: Host) -> None:
    host.run("create", resources_of("kvm", host.layout("bob@laptop:/lab")))
    before = host.tree()
    said = host.remove("kvm")
    assert f"foreign: folder {host.path('disks')} (it is in use by bob@laptop:/lab)" in said
    assert all(line.startswith("foreign: ") for line in said)
    assert host.tree() == before


@pytest.mark.parametrize("old", [False, True])
@pytest.mark.parametrize("beside", ["saved", "nvram"])
def test_a_domain_goes_with_what_belongs_to_it(host: Host, beside: str, old: bool) -> None:
    """`virsh undefine` alone refuses."""
    put(host, {"dom/server1": OURS.format(host.root), f"dom/server1.{beside}": "x"})
    if old:
        host.path("old").touch()
    assert host.remove("kvm") == ["removed: domain server1 (qemu:///system)"]
    assert not host.path(f"dom/server1.{beside}").exists()


def test_what_does_not_go_is_not_said_to_be_removed_and_keeps_the_mark(host: Host) -> None:
    host.run("create", resources_of("kvm", host.layout()))
    put(host, {"dom/server1": OURS.format(host.root), "disks/server1.img": "disk", "stuck": ""})
    said = host.remove("kvm")
    refusal = "is still there: error: Refusing to undefine while a lock exists"
    assert f"failed: domain server1 (qemu:///system) ({refusal})" in said
    assert f"kept: folder {host.path('disks')} (until all else is removed)" in said
    assert not any(line.startswith("removed: domain") for line in said)
    host.path("stuck").unlink()
    assert f"removed: folder {host.path('disks')}" in host.remove("kvm")


def test_a_daemon_that_fails_is_not_an_empty_one(host: Host) -> None:
    host.path("broken").touch()
    said = host.remove("kvm")
    error = "cannot be seen: error: End of file while reading data: Input/output error"
    assert f"failed: domain server1 (qemu:///system) ({error})" in said
    assert f"failed: network hvlab (qemu:///system) ({error})" in said
    assert not any(line.startswith("removed") for line in said)
    # One that does not answer is not asked again for each guest: each time might take two minutes.
    assert host.path("calls").read_text().split("\n").count("list --all --name") == 1


@pytest.mark.parametrize("defined", [False, True])
def test_a_daemon_that_does_not_run_has_what_is_on_disk(host: Host, defined: bool) -> None:
    host.path("down").touch()
    if defined:
        host.path("etc/qemu").mkdir()
        host.path("etc/qemu/server1.xml").write_text("<domain/>")
    said = host.remove("kvm")
    assert [line[:47] for line in said] == (["failed: domain server1 (qemu:///system) (cannot"] if defined else [])


def test_under_xen_kvms_driver_is_asked_only_for_what_it_has_on_disk(tmp_path: Path) -> None:
    host = Host.create(tmp_path / "host", xen=True)
    assert host.remove("kvm") == []
    assert not host.path("calls").exists()


def test_virt_managers_own_pool_goes_only_if_the_lab_found_none(host: Host) -> None:
    (pool,) = [one for one in resources_of("kvm", host.layout()) if one.functions == "manager_pool"]
    images = "<pool><path>/var/lib/libvirt/images</path></pool>"
    (_, memory) = host.run("claim", [pool])
    put(host, {"pool/default": images})
    assert [one.result for one in host.run("remove", [pool.with_memory(memory.detail)])] == ["removed"]
    put(host, {"pool/default": "<pool><path>/srv/other</path></pool>"})
    assert host.run("remove", [pool.with_memory(memory.detail)]) == []
    assert host.path("pool/default").exists()
    assert host.run("claim", [pool]) == []
