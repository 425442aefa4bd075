"""The guests and their network, the same under every provider; written as one JSON file that the Vagrantfile reads."""

import json
from dataclasses import dataclass
from pathlib import Path

from core.files import write_atomic
from dataset.guests import guest_name
from hypervisors.base import Hypervisor
from hypervisors.registry import all_hypervisors
from lab.connectors.ssh_config import SshEntry
from lab.images.boxes import INITRD, KERNEL, Boxes
from lab.images.guest import COMMAND_LINE
from lab.images.os_profiles import ssh_arguments, ssh_config_lines
from lab.settings import TopologySettings

# A network that lies wholly inside the lab host.
NETWORK = {
    "name": "hvlab",
    "bridge": "hvlab0",
    # Of the bridge; guests' have the guest's number in the last byte.
    "mac": "52:54:00:68:76:00",
    "address": "192.168.68.1",
    "netmask": "255.255.255.0",
    "prefix": 24,
}
# On the lab host's loopback, for guests that are reached at a forwarded port.
FIRST_FORWARD = 22100
LOOPBACK = "127.0.0.1"
# Of the guests' screens, as the kernel's drivers take it; a paravirtual framebuffer has this size anyway.
SCREEN = "video=800x600"
# Where the nested lab host mounts the store of boxes.
STORE = "/boxes"


@dataclass(frozen=True)
class Guest:
    """One guest.

    Attributes:
        name: server1, server2, ...
        mac: Its network card's; its last byte is the guest's number, from which the guest takes its name.
        address: On the lab's network.
        ssh_forward: Port on the lab host's loopback that leads to its sshd, where the hypervisor forwards one.
    """

    name: str
    mac: str
    address: str
    ssh_forward: int

    def endpoint(self, hypervisor: Hypervisor) -> tuple[str, int]:
        """Return the address and port at which the lab host reaches its sshd."""
        return (LOOPBACK, self.ssh_forward) if hypervisor.endpoint == "forward" else (self.address, 22)


def guests(count: int) -> list[Guest]:
    """Return server1 .. serverN."""
    return [
        Guest(guest_name(n), f"52:54:00:68:76:{n:02x}", f"192.168.68.{10 + n}", FIRST_FORWARD + n)
        for n in range(1, count + 1)
    ]


def _boot(settings: TopologySettings, start: str) -> dict[str, str]:
    """Return the kernel, RAM disk and command line that start a guest without its boot loader."""
    line = f"{COMMAND_LINE} {SCREEN} hvlab.session={settings.session}"
    return {"kernel": f"{start}/{KERNEL}", "initrd": f"{start}/{INITRD}", "command_line": line}


def write_topology(
    path: Path,
    settings: TopologySettings,
    boxes: Boxes,
    ssh_config: Path | None,
    disk_strategy: str,
    *,
    start: str = STORE,
) -> None:
    """Write the file that HVLAB_TOPOLOGY names; docs/design/vagrant.md describes its form.

    Args:
        path: The file.
        settings: Number and shape of the guests.
        boxes: The boxes they are made from.
        ssh_config: OpenSSH configuration with an entry for the lab host; None: guests run on this machine.
        disk_strategy: How their disks are made from the box.
        start: Folder on the lab host with the files that boot guests without a boot loader.
    """
    shape = {"memory_mib": settings.memory_mib, "vcpus": settings.vcpus}
    topology = {
        "box": boxes.name,
        "box_version": boxes.version,
        "guest_os": settings.os.partition("-")[0],
        "lab_host": {"ssh_config": str(ssh_config), "name": "labhost"} if ssh_config else None,
        "network": NETWORK,
        "folders": {name: hypervisor.folder for name, hypervisor in all_hypervisors().items()},
        "forwarded": [each.vagrant for each in all_hypervisors().values() if each.endpoint == "forward"],
        "session": settings.session,
        "boot": _boot(settings, start) if boxes.boots_directly else None,
        "disk_strategy": disk_strategy,
        "boot_timeout_s": int(settings.boot_timeout_s),
        "ssh": {"extra_args": ssh_arguments(settings.os)},
        "guests": [{**vars(guest), **shape} for guest in guests(settings.guests)],
    }
    write_atomic(path, (json.dumps(topology, indent=2) + "\n").encode())


def ssh_entries(provider: Hypervisor, settings: TopologySettings, key: Path, via: str = "labhost") -> list[SshEntry]:
    """Return how each guest is reached: through the lab host (`via`; "": from here), as the user vagrant."""
    entries = []
    extra = ssh_config_lines(settings.os)
    for guest in guests(settings.guests):
        entries.append(SshEntry(guest.name, *guest.endpoint(provider), user="vagrant", key=key, via=via, extra=extra))
    return entries
