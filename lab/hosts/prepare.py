"""What a hypervisor needs on the lab host before its first guest: resources, then the scripts in vagrant/prepare."""

from pathlib import Path

from core.paths import PROJECT
from core.shell import assign
from hypervisors.base import Hypervisor
from lab.hosts.base import LabHost
from lab.hosts.resources import box_plan, boxes_link, host_resources, lab_layout
from lab.hosts.rollback_script import create
from lab.images.boxes import Boxes

SCRIPTS = PROJECT / "vagrant" / "prepare"


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
    create(host.ssh, host_resources(hypervisor, layout, link))


def render_prepare_script(provider: Hypervisor) -> str:
    """Return the shell program that prepares a lab host for a hypervisor once its resources are there."""
    own = SCRIPTS / f"{provider.name}.sh"
    head = assign({"HVLAB_FOLDER": provider.folder})
    return head + (SCRIPTS / "common.sh").read_text() + (own.read_text() if own.exists() else "")
