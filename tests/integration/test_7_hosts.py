"""A second machine as the lab host, over SSH: a nested lab host's machine, started beside, with a key of its own."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.pace import Pace
from core.paths import PROJECT, SETTINGS
from hypervisors.registry import get_hypervisor
from lab.connectors.address import parse_host
from lab.hosts.active import ActiveHost
from lab.hosts.box_upload import boot_files, folder_of
from lab.hosts.factory import lab_host
from lab.hosts.machines import RemoteMachine
from lab.hosts.nested import NestedHost
from lab.hosts.resources import lab_owner
from lab.lifecycle import Lab
from lab.settings import load_settings

from .conftest import Invoke, providers

Look = Callable[[], list[str]]

PORT = int(os.environ.get("HVLAB_HOSTS_PORT", "2637"))
ADDRESS = f"ssh://root@127.0.0.1:{PORT}"
# A machine that runs under Xen takes about as long as all else in this file.
PROVIDERS = providers("HVLAB_HOSTS", "kvm", possible="kvm,xen,virtualbox")
# Under Xen a question to the other one takes more than half a minute. For VirtualBox no libvirt runs: none answers.
URI = {"kvm": "qemu:///system", "xen": "xen:///system", "virtualbox": "qemu:///system"}
XEN_WANTED = ("xen", "runs the plain kernel, xen needs Xen")
OTHER = {"kvm": XEN_WANTED, "xen": ("kvm", "runs under Xen, kvm needs the plain"), "virtualbox": XEN_WANTED}
# What lab.purge calls a guest.
GUEST = {"kvm": "domain server1", "xen": "domain server1", "virtualbox": "machine server1"}
# What is on the machine of the lab's, or may be changed by it.
LOOK = """\
virsh -q list --all --name; virsh -q net-list --all --name; virsh -q pool-list --all --name
[ ! -e /proc/xen/capabilities ] || xl list | cut -d ' ' -f 1
if [ -e /dev/vboxdrv ]; then
    VBoxManage list vms | cut -d '"' -f 2; VBoxManage list hdds
    VBoxManage list systemproperties | grep 'machine folder'; VBoxManage getextradata global enumerate
fi
dmsetup ls; losetup --all; ip -brief link | cut -d ' ' -f 1; ls /usr/libexec/xen-qemu*
ls -A /kvm /xen /vbox /run/hvlab 2>/dev/null; ls -A /var/lib/hvlab 2>/dev/null | grep -v '^boxes-'
cat /sys/kernel/mm/ksm/run /sys/kernel/mm/transparent_hugepage/enabled /proc/sys/vm/percpu_pagelist_high_fraction
cut -d ' ' -f 1 /proc/swaps
ss --no-header --listening --tcp --udp --numeric | awk '{ print $1, $5 }' | sort
ps -e -o comm= | grep -E 'qemu|dnsmasq|Xvfb|blackbox|xterm|dbus|virt-manager|VBoxHeadless' | sort
exit 0
"""


# The machine has the boxes on a disk, which only the nested lab host looks at.
HAVE = """\
mkdir -p {folder} && cd {folder} && ln -s /boxes/* . || exit 1
for part in {parts}; do touch .have-$(echo $part | tr / -); done
"""


def have_boxes(machine: NestedHost, provider: str) -> None:
    """Let the machine have what guests are made from, as if an earlier lab had put it there: that takes a minute."""
    parts = " ".join((machine.boxes.path(get_hypervisor(provider).box), *boot_files()))
    line = HAVE.format(folder=folder_of(machine.boxes), parts=parts)
    machine.shell.check(line, timeout=60, what="having the boxes")


@pytest.fixture(scope="module", params=PROVIDERS)
def provider(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def machine(provider: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NestedHost]:
    """It runs the kernel that the provider needs, and is as its own start script leaves it."""
    settings = load_settings(SETTINGS, {"HVLAB_LAB_HOST__SSH_PORT": str(PORT)})
    host = lab_host(settings, lambda: Lab(settings).boxes, tmp_path_factory.mktemp("machine"), Pace())
    assert isinstance(host, NestedHost)
    host.boot(get_hypervisor(provider))
    if provider != "kvm":
        # How they are put there is the same for all.
        have_boxes(host, provider)
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


@pytest.fixture
def look(provider: str, environ: dict[str, str]) -> Look:
    """What tells what is on the machine, a thing a line."""
    there = RemoteMachine(parse_host(ADDRESS), environ["HVLAB_LAB_HOST__SSH_CONFIG"])
    program = f"export LIBVIRT_DEFAULT_URI={URI[provider]}\n{LOOK}"
    return lambda: there.check(program, timeout=180, what="looking").splitlines()


def refuse(invoke: Invoke, provider: str, environ: dict[str, str]) -> str:
    """Be refused by the machine; return why."""
    refused = invoke("lab.up", f"--provider={provider}", f"--host={ADDRESS}", **environ)
    assert refused.returncode == 1
    return refused.stderr


def use(invoke: Invoke, provider: str, environ: dict[str, str]) -> None:
    """Use a lab that is up."""
    status = invoke("lab.status", **environ).stdout
    assert f"lab host {ADDRESS}: on, {get_hypervisor(provider).title}, answers over SSH" in status
    assert "running" in status
    said = invoke("lab.ssh", "server1", "-c", "hostname; exit 3", **environ)
    assert (said.returncode, said.stdout.strip()) == (3, "server1")
    assert len(invoke("lab.console", "labhost", "--lines=3", **environ).stdout.splitlines()) == 3
    # Its kernel need not have said anything, but it is kept.
    console = invoke("lab.console", "server1", **environ)
    assert console.returncode == 0, console.stderr


def kill_once_a_guest_is_there(provider: str, environ: dict[str, str], look: Look) -> None:
    """Begin a lab; kill its command, as nobody can ask it to end, when the first guest is there."""
    command = [str(PROJECT / "invoke"), "lab.up", f"--provider={provider}", f"--host={ADDRESS}"]
    with subprocess.Popen(command, env={**os.environ, **environ}) as process:
        try:
            # Each look takes a second or more; the command itself has a deadline.
            while "server1" not in look():
                assert process.poll() is None, "it ended without a guest"
        finally:
            process.kill()
        assert process.wait(10) == -signal.SIGKILL


def test_up_used_down(provider: str, invoke: Invoke, machine: NestedHost, environ: dict[str, str], look: Look) -> None:
    before, state = look(), Path(environ["HVLAB_STATE"])
    other, why = OTHER[provider]
    said = refuse(invoke, other, environ)
    assert why in said
    assert "hint: reboot it into" in said
    try:
        done = invoke("lab.up", f"--provider={provider}", f"--host={ADDRESS}", **environ)
        assert done.returncode == 0, done.stderr
        use(invoke, provider, environ)
        second = {**environ, "HVLAB_STATE": f"{state}-of-another"}
        assert f"{ADDRESS} has a lab already, of {lab_owner(state)}" in refuse(invoke, provider, second)
        assert "server1" in look()
    finally:
        done = invoke("lab.down", f"--host={ADDRESS}", **environ)
    assert done.returncode == 0, done.stderr
    assert invoke("lab.status", **environ).stdout.strip() == "lab host: off"
    # It goes on, and is as it was found.
    assert machine.running() == provider
    assert ActiveHost(state).provider is None
    assert look() == before


@pytest.mark.long
def test_killed_lost_purged(provider: str, invoke: Invoke, environ: dict[str, str], look: Look) -> None:
    before = look()
    kill_once_a_guest_is_there(provider, environ, look)
    shutil.rmtree(environ["HVLAB_STATE"])
    done = invoke("lab.purge", f"--host={ADDRESS}", **environ)
    assert done.returncode == 0, done.stderr
    assert f"removed: on {ADDRESS}: {GUEST[provider]}" in done.stdout
    assert look() == before
