"""One topology for all providers; how its guests are reached."""

import json
from pathlib import Path
from typing import Any

from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.guests.topology import guests, ssh_entries, write_topology
from lab.images.boxes import Boxes
from lab.settings import TopologySettings


def test_names_follow_from_network_cards() -> None:
    for guest in guests(99):
        assert guest.name == f"server{int(guest.mac[-2:], 16)}"
    assert len({guest.address for guest in guests(99)}) == 99


def written(folder: Path, boxes: Boxes) -> dict[str, Any]:
    write_topology(folder / "t.json", TopologySettings(guests=2), boxes, folder / "ssh_config", "linked-clone")
    topology: dict[str, Any] = json.loads((folder / "t.json").read_text())
    return topology


def test_a_guest_without_a_kernel_beside_its_box_has_its_own_boot_loader(tmp_path: Path) -> None:
    assert written(tmp_path, Boxes("hvlab/centos-5.5", "1.0.7", tmp_path, tmp_path / "store.img"))["boot"] is None


def test_written_file(tmp_path: Path) -> None:
    boxes = Boxes("hvlab/debian-12", "1.0.7", tmp_path, tmp_path / "store.img")
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot/vmlinux").touch()
    topology = written(tmp_path, boxes)
    assert [guest["name"] for guest in topology["guests"]] == ["server1", "server2"]
    assert {guest["memory_mib"] for guest in topology["guests"]} == {512}
    assert topology["session"] == "x-window"
    assert topology["boot"]["command_line"].split()[-2:] == ["video=800x600", "hvlab.session=x-window"]
    assert set(topology["folders"]) == set(all_hypervisors())
    assert topology["disk_strategy"] == "linked-clone"


def test_guests_on_this_machine_need_no_way_through_another(tmp_path: Path) -> None:
    boxes = Boxes("hvlab/debian-12", "1.0.7", tmp_path, tmp_path / "store.img")
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot/vmlinux").touch()
    write_topology(tmp_path / "t.json", TopologySettings(guests=1), boxes, None, "full-copy", start="/var/lib/hvlab/x")
    topology = json.loads((tmp_path / "t.json").read_text())
    assert topology["lab_host"] is None
    assert topology["boot"]["kernel"] == "/var/lib/hvlab/x/boot/vmlinux"
    (entry,) = ssh_entries(get_hypervisor("kvm"), TopologySettings(guests=1), tmp_path / "key", via="")
    assert "ProxyCommand" not in entry.text(tmp_path / "config")
