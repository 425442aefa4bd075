"""What undoes a lab on a host that is not ours: remember.sh and takedown.sh in vagrant/prepare, and their words."""

import shlex
from pathlib import Path

from hypervisors.base import Hypervisor
from lab.connectors.address import Kind
from lab.desktop.xsession import FOLDER, MARK
from lab.guests.topology import NETWORK, guests
from lab.guests.vagrant import home
from lab.hosts.prepare import SCRIPTS
from lab.images.boxes import Boxes


def takedown_program(provider: Hypervisor, boxes: Boxes, store: str, state: Path, *, count: int, kind: Kind) -> str:
    """Return the program that takes down all that a lab makes under one provider.

    It lacks HVLAB_MASTER, which is not known before (`master_of`).

    Args:
        store: Where the lab host has the boxes.
        state: The lab's folder on the controller.
        count: Number of guests.
    """
    words = {
        "HVLAB_PROVIDER": provider.name,
        "HVLAB_MARK": MARK,
        "HVLAB_SESSION": FOLDER,
        "HVLAB_FOLDER": provider.folder,
        "HVLAB_NETWORK": str(NETWORK["name"]),
        "HVLAB_BOX_NAME": boxes.name.replace("/", "-VAGRANTSLASH-"),
        "HVLAB_STORE": store,
        "HVLAB_BOXES": str(home(state) / "boxes"),
        "HVLAB_OWN_LINK": "yes" if kind == "local" else "no",
        "HVLAB_GUESTS": _guests(count),
    }
    return _with(words, "takedown")


def remember_program(provider: Hypervisor, count: int) -> str:
    """Return the program that prints how a host's settings are brought back, and fails if something is in the way."""
    words = {
        "HVLAB_PROVIDER": provider.name,
        "HVLAB_FOLDER": provider.folder,
        "HVLAB_NETWORK": str(NETWORK["name"]),
        "HVLAB_GUESTS": _guests(count),
    }
    return _with(words, "remember")


def _guests(count: int) -> str:
    return " ".join(f"{guest.name},{guest.mac},{guest.address}" for guest in guests(count))


def _with(words: dict[str, str], script: str) -> str:
    head = "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items())
    return head + (SCRIPTS / f"{script}.sh").read_text()


def master_of(state: Path) -> str:
    """Return the id of the machine that VirtualBox's linked clones stand on, "" if there is none."""
    note = state / "vagrant" / "virtualbox" / "master_id"
    return note.read_text().strip() if note.is_file() else ""
