"""The resources of a lab on its host: the hypervisor's, and those that are the same under all hypervisors."""

import getpass
import platform
from pathlib import Path

from core.resources.base import Resource
from core.resources.files import link, tree
from core.resources.processes import marked_processes
from core.resources.setting import kernel_file
from hypervisors.base import Hypervisor
from hypervisors.layout import BoxPlan, GuestIdentity, LabLayout, NetworkPlan, resources_of
from hypervisors.registry import all_hypervisors
from lab.desktop.xsession import FOLDER, MARK
from lab.factors.registry import host_settings
from lab.guests.topology import NETWORK, guests
from lab.guests.vagrant import home
from lab.images.box_names import VOLUME_PREFIX, volume_name
from lab.images.boxes import Boxes
from lab.state.processes import shared_programs

# What the preparation changes (prepare.sh).
_PAGE_LISTS = kernel_file("CPU page lists", "/proc/sys/vm/percpu_pagelist_high_fraction")


def lab_owner(state: Path) -> str:
    """Return the name by which a lab is known on its host: user, controller, state folder."""
    return f"{getpass.getuser()}@{platform.node()}:{state}"


def lab_layout(hypervisor: Hypervisor, state: Path, count: int, box: BoxPlan | None = None) -> LabLayout:
    """Return the plan of a lab on its host.

    Args:
        hypervisor: The hypervisor.
        state: The lab's folder.
        count: Number of guests.
        box: None where nothing is to be created.
    """
    network = NetworkPlan(
        str(NETWORK["name"]), str(NETWORK["bridge"]), str(NETWORK["mac"]), str(NETWORK["address"]),
        str(NETWORK["netmask"]),
    )  # fmt: skip
    known = [GuestIdentity(guest.name, guest.mac, guest.address) for guest in guests(count)]
    return LabLayout(lab_owner(state), hypervisor.folder, VOLUME_PREFIX, known, network, box)


def box_plan(hypervisor: Hypervisor, boxes: Boxes, store: str, strategy: str) -> BoxPlan:
    """Return a hypervisor's box on the host.

    Args:
        hypervisor: The hypervisor.
        boxes: The boxes.
        store: Folder on the host that has the boxes.
        strategy: How guests' disks will come from the box: `factors.disk_strategy`.
    """
    return BoxPlan(f"{store}/{boxes.path(hypervisor.box)}", volume_name(boxes.name, boxes.version), strategy)


def boxes_link(state: Path, store: str) -> Resource:
    """Return the link that lets the host, too, have the boxes where the controller's Vagrant has them."""
    return link(str(home(state) / "boxes"), store)


def host_resources(hypervisor: Hypervisor, layout: LabLayout, link_to_boxes: Resource | None) -> list[Resource]:
    """Return all resources of a lab on its host, in the order of their creation.

    Args:
        hypervisor: The hypervisor.
        layout: The plan of the lab.
        link_to_boxes: The link of `boxes_link`; None where the host is the controller, which has the boxes.
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
    """Return all resources that a lab may have under any hypervisor, for a host without a record of the lab.

    Settings whose former value had to be saved are left out: that value is lost.
    """
    found = dict[Resource, None]()
    for hypervisor in all_hypervisors().values():
        layout = lab_layout(hypervisor, state, count)
        found |= dict.fromkeys(host_resources(hypervisor, layout, link_to_boxes))
    return [resource for resource in found if resource.remembers != "required"]
