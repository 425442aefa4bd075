"""libvirt, which manages the guests of several hypervisors, with virsh and virt-manager."""

import re
from pathlib import Path

from hypervisors.base import ControllerNeeds, Manager
from study.meters.base import unrecognised

_HERE = Path(__file__).parent
# Defines the shell function `start_libvirt`, which a hypervisor's start.sh calls.
START = _HERE / "start_libvirt.sh"
# Of the lab host's image.
PACKAGES = ("libvirt-daemon-system", "libvirt-clients", "virt-manager")
RECORDED = ("libvirt0",)
DAEMONS = ("libvirtd", "virt*d", "dnsmasq")
# virt-manager, and the programs that load its pictures.
MANAGER_PROCESSES = ("virt-manager", "glycin-*")
WORDS = ("libvirt", "libvirtd", "virsh", "virt-manager")
CONTROLLER = ControllerNeeds(packages=("libvirt-clients",))

_HEADER = re.compile(r"\s*Id\s+Name\s+State\s*")
_ROW = re.compile(
    r"\s*(?:[0-9]+|-)\s+(?P<name>\S.*?)\s+"
    r"(?P<state>running|idle|no state|paused|in shutdown|shut off|crashed|dying|pmsuspended)\s*"
)
# States of virsh in which the guest's processor is there to run; `idle` is a guest that waits for work.
_UP = ("running", "idle", "no state")


def manager(uri: str) -> Manager:
    """Return virt-manager for the driver of a libvirt URI."""
    command = ("virt-manager", "--no-fork", "--connect", uri)
    return Manager("virt-manager", "Virtual Machine Manager", command)


def running_guests(text: str) -> list[str]:
    """Read `virsh list`: a header, a rule of dashes, a row for each domain that is not shut off.

    Raises:
        HvlabError: It has another layout.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or not _HEADER.fullmatch(lines[0]):
        raise unrecognised("virsh-list", text, 'no header "Id Name State"')
    names = []
    for line in lines[1:]:
        if set(line.strip()) == {"-"}:
            continue
        match = _ROW.fullmatch(line)
        if match is None:
            raise unrecognised("virsh-list", text, f"{line!r} is no domain")
        if match["state"] in _UP:
            names.append(match["name"])
    return names
