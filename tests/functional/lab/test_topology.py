"""One topology for all providers; how its guests are reached."""

import subprocess
from pathlib import Path

import pytest

from hypervisors.registry import get_hypervisor
from lab.connectors.ssh_config import SshEntry, write_config
from lab.guests.topology import ssh_entries
from lab.settings import TopologySettings


@pytest.mark.parametrize(("provider", "place"), [("xen", "192.168.68.12 22"), ("virtualbox", "127.0.0.1 22102")])
def test_openssh_reads_the_configuration(provider: str, place: str, tmp_path: Path) -> None:
    config = tmp_path / "ssh config"
    host = SshEntry("labhost", "127.0.0.1", 2622, "root", tmp_path / "key")
    write_config(config, [host, *ssh_entries(get_hypervisor(provider), TopologySettings(), tmp_path / "guest key")])
    shown = subprocess.run(["ssh", "-F", config, "-G", "server2"], capture_output=True, text=True, check=True).stdout
    facts = dict(line.split(" ", 1) for line in shown.splitlines())
    assert f"{facts['hostname']} {facts['port']}" == place
    assert facts["proxycommand"].endswith("labhost")
    assert facts["identityfile"].strip('"') == str(tmp_path / "guest key")
