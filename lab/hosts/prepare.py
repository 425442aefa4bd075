"""Prepares a lab host for a hypervisor's guests: resources, then prepare.sh here and the hypervisor's own."""

from pathlib import Path

from core.shell import assign
from hypervisors.base import Hypervisor
from lab.hosts.base import LabHost
from lab.hosts.resources import box_plan, boxes_link, host_resources, lab_layout
from lab.hosts.rollback_script import create
from lab.images.boxes import Boxes

_PREPARE = Path(__file__).with_name("prepare.sh")


def create_resources(
    host: LabHost, state: Path, hypervisor: Hypervisor, boxes: Boxes, *, count: int, strategy: str
) -> None:
    """Create what guests need on a lab host: network, storage, folders.

    Args:
        host: The lab host; on.
        state: The lab's folder.
        hypervisor: The hypervisor.
        boxes: The boxes that the guests are made from.
        count: Number of guests.
        strategy: How the guests' disks will come from the box.

    Raises:
        HvlabError: A resource cannot be created, or one of its name is not this lab's.
    """
    store = host.store.boxes
    layout = lab_layout(hypervisor, state, count, box_plan(hypervisor, boxes, store, strategy))
    link = None if host.kind == "local" else boxes_link(state, store)
    create(host.shell, host_resources(hypervisor, layout, link))


def render_prepare_script(hypervisor: Hypervisor) -> str:
    """Return the shell program that prepares a lab host for a hypervisor once its resources are there."""
    head = assign({"HVLAB_FOLDER": hypervisor.folder})
    return head + _PREPARE.read_text(encoding="utf-8") + hypervisor.prepare_program()
