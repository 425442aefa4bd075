"""What a hypervisor needs on the lab host before its first guest: resources, then prepare.sh here and its own."""

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
        state: The lab's folder.
        count: Number of guests.
        strategy: How the guests' disks will come from the box.

    Raises:
        HvlabError: Something cannot be created, or belongs to somebody else.
    """
    store = host.store.boxes
    layout = lab_layout(hypervisor, state, count, box_plan(hypervisor, boxes, store, strategy))
    link = None if host.kind == "local" else boxes_link(state, store)
    create(host.shell, host_resources(hypervisor, layout, link))


def render_prepare_script(hypervisor: Hypervisor) -> str:
    """Return the shell program that prepares a lab host for a hypervisor once its resources are there."""
    head = assign({"HVLAB_FOLDER": hypervisor.folder})
    return head + _PREPARE.read_text(encoding="utf-8") + hypervisor.prepare_program()
