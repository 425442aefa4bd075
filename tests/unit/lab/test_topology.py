"""One topology for all providers; how its guests are reached."""

import json
import subprocess
from pathlib import Path

import pytest

from lab.images.boxes import Boxes
from lab.providers import all_providers, get_provider
from lab.settings import TopologySettings
from lab.ssh import SshEntry, write_config
from lab.topology import guests, ssh_entries, write_topology


def test_names_follow_from_network_cards() -> None:
    for guest in guests(99):
        assert guest.name == f"server{int(guest.mac[-2:], 16)}"
    assert len({guest.address for guest in guests(99)}) == 99


def test_written_file(tmp_path: Path) -> None:
    boxes = Boxes("hvlab/debian-12", "1.0.7", tmp_path, tmp_path / "store.img")
    write_topology(tmp_path / "t.json", TopologySettings(guests=2), boxes, tmp_path / "ssh_config")
    topology = json.loads((tmp_path / "t.json").read_text())
    assert [guest["name"] for guest in topology["guests"]] == ["server1", "server2"]
    assert {guest["memory_mib"] for guest in topology["guests"]} == {512}
    assert topology["session"] == "x-window"
    assert topology["boot"]["command_line"].split()[-2:] == ["video=800x600", "hvlab.session=x-window"]
    assert set(topology["folders"]) == set(all_providers())


@pytest.mark.parametrize(("provider", "place"), [("xen", "192.168.68.12 22"), ("virtualbox", "127.0.0.1 22102")])
def test_openssh_reads_the_configuration(provider: str, place: str, tmp_path: Path) -> None:
    config = tmp_path / "ssh config"
    host = SshEntry("labhost", "127.0.0.1", 2622, "root", tmp_path / "key")
    write_config(config, [host, *ssh_entries(get_provider(provider), TopologySettings(), tmp_path / "guest key")])
    shown = subprocess.run(["ssh", "-F", config, "-G", "server2"], capture_output=True, text=True, check=True).stdout
    facts = dict(line.split(" ", 1) for line in shown.splitlines())
    assert f"{facts['hostname']} {facts['port']}" == place
    assert facts["proxycommand"].endswith("labhost")
    assert facts["identityfile"].strip('"') == str(tmp_path / "guest key")
