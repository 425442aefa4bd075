"""A second machine as the lab host, over SSH: a nested lab host's machine, started beside, with a key of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.bringup import Lab
from lab.hosts.address import parse_host
from lab.hosts.machines import RemoteMachine
from lab.hosts.nested import NestedHost
from lab.hosts.recorded import running_provider
from lab.hosts.resolve import lab_host
from lab.paths import SETTINGS
from lab.providers import get_provider
from lab.settings import load_settings

from .conftest import Invoke

PORT = 2637
ADDRESS = f"ssh://root@127.0.0.1:{PORT}"
# What is on the machine of the lab's, or may be changed by it.
LOOK = """\
virsh -q -c qemu:///system list --all --name
virsh -q -c qemu:///system net-list --all --name
virsh -q -c qemu:///system pool-list --all --name
ls -A /kvm /run/hvlab 2>/dev/null
cat /sys/kernel/mm/ksm/run /sys/kernel/mm/transparent_hugepage/enabled /proc/sys/vm/percpu_pagelist_high_fraction
cut -d ' ' -f 1 /proc/swaps
pgrep -l 'Xvfb|blackbox|xterm'
exit 0
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[NestedHost]:
    """It runs the plain kernel, and is as its own start script leaves it."""
    settings = load_settings(SETTINGS, {"HVLAB_LAB_HOST__SSH_PORT": str(PORT)})
    host = lab_host(settings, lambda: Lab(settings).boxes, tmp_path / "machine")
    assert isinstance(host, NestedHost)
    host.boot(get_provider("kvm"))
    yield host
    host.stop()


@pytest.fixture
def environ(machine: NestedHost, tmp_path: Path) -> dict[str, str]:
    """A user's ssh settings for it, and a lab of its own."""
    config = tmp_path / "user_config"
    known = tmp_path / "known_hosts"
    config.write_text(
        f"IdentityFile {machine.state / 'key'}\nUserKnownHostsFile {known}\nStrictHostKeyChecking accept-new\n"
    )
    return {
        "HVLAB_STATE": str(tmp_path / "lab"),
        "HVLAB_LAB_HOST__SSH_CONFIG": str(config),
        "HVLAB_LAB_HOST__DESKTOP": "false",
        "HVLAB_STUDY__MANAGER": "false",
        "HVLAB_TOPOLOGY__GUESTS": "1",
        "HVLAB_TOPOLOGY__SESSION": "text",
    }


def test_up_status_ssh_down(invoke: Invoke, machine: NestedHost, environ: dict[str, str]) -> None:
    there = RemoteMachine(parse_host(ADDRESS), environ["HVLAB_LAB_HOST__SSH_CONFIG"])
    before = there.check(LOOK, timeout=60, what="looking")
    refused = invoke("lab.up", "--provider=xen", f"--host={ADDRESS}", **environ)
    assert refused.returncode == 1
    assert "runs the plain kernel, xen needs Xen" in refused.stderr
    assert "hint: reboot it into" in refused.stderr
    try:
        done = invoke("lab.up", "--provider=kvm", f"--host={ADDRESS}", **environ)
        assert done.returncode == 0, done.stderr
        status = invoke("lab.status", **environ).stdout
        assert f"lab host {ADDRESS}: on, KVM, answers over SSH" in status
        assert "running" in status
        said = invoke("lab.ssh", "server1", "-c", "hostname; exit 3", **environ)
        assert (said.returncode, said.stdout.strip()) == (3, "server1")
        assert len(invoke("lab.console", "labhost", "--lines=3", **environ).stdout.splitlines()) == 3
        assert "server1" in there.check(LOOK, timeout=60, what="looking").split()
    finally:
        done = invoke("lab.down", f"--host={ADDRESS}", **environ)
    assert done.returncode == 0, done.stderr
    assert invoke("lab.status", **environ).stdout.strip() == "lab host: off"
    # It goes on, and is as it was found.
    assert machine.running() == "kvm"
    assert running_provider(Path(environ["HVLAB_STATE"])) is None
    assert there.check(LOOK, timeout=60, what="looking") == before
    assert there.run("cat /var/lib/hvlab/owner", timeout=60).status
