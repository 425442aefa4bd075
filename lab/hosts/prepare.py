"""What a provider needs on the lab host before its first guest: the scripts in vagrant/prepare, and their words."""

import shlex
from pathlib import Path

from core.paths import PROJECT
from hypervisors.base import Hypervisor
from lab.guests.topology import NETWORK, STORE, guests
from lab.images.boxes import Boxes

SCRIPTS = PROJECT / "vagrant" / "prepare"


def render_prepare_script(
    provider: Hypervisor, boxes: Boxes, boxes_link: Path, count: int, strategy: str, *, store: str = STORE
) -> str:
    """Return the shell program that prepares a lab host for a provider.

    Args:
        boxes_link: The controller's VAGRANT_HOME/boxes, which must lead to the boxes on the lab host, too.
        count: Number of guests.
        strategy: How their disks will come from the box.
        store: Where the lab host has the boxes.
    """
    words = {
        "HVLAB_BOX": f"{store}/{boxes.path(provider.box)}",
        "HVLAB_STORE": store,
        "HVLAB_BOXES": str(boxes_link),
        "HVLAB_FOLDER": provider.folder,
        "HVLAB_NETWORK": NETWORK["name"],
        "HVLAB_BRIDGE": NETWORK["bridge"],
        "HVLAB_ADDRESS": NETWORK["address"],
        "HVLAB_NETMASK": NETWORK["netmask"],
        "HVLAB_DISK_STRATEGY": strategy,
        "HVLAB_GUESTS": " ".join(f"{guest.name},{guest.mac},{guest.address}" for guest in guests(count)),
    }
    head = "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in words.items())
    return head + "".join((SCRIPTS / f"{name}.sh").read_text() for name in ("common", provider.name))
