"""--host=local brings up guests: hvlab is called on a machine that has KVM and is controller and lab host at once.

Not among the tests that `./invoke test` runs: the machine takes minutes to build. See docs/how-to/hosts.md.
"""

import os
from collections.abc import Iterator

import pytest

from core.pace import Pace
from core.paths import SETTINGS
from hypervisors.boot import BootOptions
from hypervisors.registry import get_hypervisor
from lab.hosts.nested import NestedHost
from lab.images.emulator import emulator
from lab.lifecycle import Lab
from lab.settings import load_settings

from .controller import Controller
from .debian_host import image

pytestmark = pytest.mark.local

PORT = os.environ.get("HVLAB_LOCAL_PORT", "2638")
SMALL = {
    "HVLAB_LAB_HOST__DESKTOP": "false",
    "HVLAB_STUDY__MANAGER": "false",
    "HVLAB_TOPOLOGY__GUESTS": "1",
    "HVLAB_TOPOLOGY__SESSION": "text",
}
# What is on the machine of the lab's, or may be changed by it.
LOOK = """\
virsh -q -c qemu:///system list --all --name
virsh -q -c qemu:///system net-list --all --name
virsh -q -c qemu:///system pool-list --all --name
ls -A /kvm /run/hvlab 2>/dev/null
cat /sys/kernel/mm/ksm/run /sys/kernel/mm/transparent_hugepage/enabled /proc/sys/vm/percpu_pagelist_high_fraction
cut -d ' ' -f 1 /proc/swaps
cat /var/lib/hvlab/owner 2>/dev/null
exit 0
"""
# When the guest has power, and Vagrant waits for it.
KILLING = """\
n=0
until virsh -q list --name | grep -q .; do sleep 1; n=$((n+1)); [ $n -lt 300 ] || exit 1; done
pkill -9 -f 'bin/invoke lab.u[p]'
"""


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """It runs the plain kernel, and has this work tree and the guests' boxes."""
    settings = load_settings(SETTINGS, {"HVLAB_LAB_HOST__SSH_PORT": PORT})
    boxes = Lab(settings).boxes
    machine = NestedHost(
        image(),
        emulator(),
        boxes,
        settings.lab_host,
        tmp_path_factory.mktemp("machine"),
        options=lambda name: BootOptions(settings.parameters_of(name), {}),
        pace=Pace(),
    )
    try:
        machine.boot(get_hypervisor("kvm"))
        there = Controller(machine.shell)
        there.supply(boxes)
        yield there
    finally:
        machine.stop()


def look(there: Controller) -> str:
    return there.machine.check(LOOK, timeout=120, what="looking")


def test_up_used_down(controller: Controller) -> None:
    before = look(controller)
    refused = controller.invoke("lab.up", "--provider=xen", "--host=local", **SMALL)
    assert refused.status == 1
    assert b"this machine runs the plain kernel, xen needs Xen" in refused.stderr
    assert controller.invoke("lab.up", "--provider=kvm", "--host=local", **SMALL).status == 0
    assert look(controller).split()[0] == "server1"
    status = controller.invoke("lab.status", **SMALL).text
    assert "lab host local: on, KVM, answers\n" in status
    assert "running" in status
    said = controller.invoke("lab.ssh", "server1", "-c", "hostname; exit 3", **SMALL)
    assert (said.status, said.text.strip()) == (3, "server1")
    assert controller.invoke("lab.console", "server1", **SMALL).status == 0
    assert len(controller.invoke("lab.console", "labhost", "--lines=3", **SMALL).text.splitlines()) == 3
    assert controller.invoke("lab.down", "--host=local", **SMALL).status == 0
    assert look(controller) == before
    assert controller.invoke("lab.status", **SMALL).text.strip() == "lab host: off"


def test_killed_and_purged(controller: Controller) -> None:
    before = look(controller)
    up = controller.line("lab.up", "--provider=kvm", "--host=local", **SMALL)
    controller.machine.check(f"({up}) >/tmp/up.log 2>&1 </dev/null & echo $!", timeout=60, what="starting")
    controller.machine.check(KILLING, timeout=360, what="killing the command")
    said = controller.invoke("lab.purge", **SMALL).text
    assert "removed: lock of" in said
    assert "removed: on local: domain server1 (qemu:///system)" in said
    assert look(controller) == before
    assert controller.invoke("lab.purge", **SMALL).text.startswith("nothing to remove")
