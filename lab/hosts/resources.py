"""What a lab has on its host: the hypervisor's resources, with those that are the same under all hypervisors."""

import getpass
import platform
from pathlib import Path

from core.resources.base import Resource
from core.resources.files import link, tree
from core.resources.processes import marked_processes
from core.resources.setting import kernel_file
from factors.registry import host_settings
from hypervisors.base import Hypervisor
from hypervisors.layout import BoxPlan, GuestIdentity, LabLayout, NetworkPlan, resources_of
from hypervisors.registry import all_hypervisors
from lab.desktop.xsession import FOLDER, MARK
from lab.guests.topology import NETWORK, guests
from lab.guests.vagrant import home
from lab.images.boxes import Boxes
from lab.state.processes import shared_programs

# As Vagrant calls the volumes that it makes of the project's boxes.
VOLUMES = "hvlab-VAGRANTSLASH-"
# What the preparation changes (prepare.sh).
_PAGE_LISTS = kernel_file("CPU page lists", "/proc/sys/vm/percpu_pagelist_high_fraction")


def lab_owner(state: Path) -> str:
    """Return by which words a lab is known on its host: user, controller, state folder."""
    return f"{getpass.getuser()}@{platform.node()}:{state}"


def lab_layout(hypervisor: Hypervisor, state: Path, count: int, box: BoxPlan | None = None) -> LabLayout:
    """Return a lab with `count` guests as its host has it.

    Args:
        box: None where nothing is to be created.
    """
    network = NetworkPlan(
        str(NETWORK["name"]), str(NETWORK["bridge"]), str(NETWORK["mac"]), str(NETWORK["address"]),
        str(NETWORK["netmask"]),
    )  # fmt: skip
    known = [GuestIdentity(guest.name, guest.mac, guest.address) for guest in guests(count)]
    return LabLayout(lab_owner(state), hypervisor.folder, VOLUMES, known, network, box)


def box_plan(hypervisor: Hypervisor, boxes: Boxes, store: str, strategy: str) -> BoxPlan:
    """Return a hypervisor's box on the host.

    Args:
        store: Where the host has the boxes.
    """
    volume = f"{boxes.name.replace('/', '-VAGRANTSLASH-')}_vagrant_box_image_{boxes.version}_box.img"
    return BoxPlan(f"{store}/{boxes.path(hypervisor.box)}", volume, strategy)


def boxes_link(state: Path, store: str) -> Resource:
    """Return the link that lets the host, too, have the boxes where the controller's Vagrant has them."""
    return link(str(home(state) / "boxes"), store)


def host_resources(hypervisor: Hypervisor, layout: LabLayout, link_to_boxes: Resource | None) -> list[Resource]:
    """Return all that a lab has on its host, in the order of its creation.

    Args:
        link_to_boxes: None where the host is the controller, which has the boxes.
    """
    return [
        *(setting.resource for setting in (*host_settings(), _PAGE_LISTS)),
        *([link_to_boxes] if link_to_boxes else []),
        *resources_of(hypervisor.name, layout),
        *session_resources(layout.owner),
    ]


def session_resources(owner: str) -> list[Resource]:
    """Return the lab's X session on its host: its files and its programs."""
    but = [f"{name}*" for name in shared_programs()]
    return [tree(FOLDER, owner), marked_processes("of the X session", MARK, but)]


def all_resources(state: Path, count: int, link_to_boxes: Resource | None) -> list[Resource]:
    """Return what a lab may have on a host under any hypervisor, for a host of which nothing is on record.

    What was to be remembered is left out: it cannot be removed any more.
    """
    found = dict[Resource, None]()
    for hypervisor in all_hypervisors().values():
        layout = lab_layout(hypervisor, state, count)
        found |= dict.fromkeys(host_resources(hypervisor, layout, link_to_boxes))
    return [resource for resource in found if resource.remembers != "required"]
