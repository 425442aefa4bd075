"""What a lab has on its host under KVM."""

from collections.abc import Sequence
from pathlib import Path

from core.resources.base import Resource
from core.resources.files import LIBRARY as FILES
from core.resources.files import file_in, files_in, marked_folder
from hypervisors.common.libvirt_resources import domain, manager_pool, network, pool
from hypervisors.layout import LabLayout

URI = "qemu:///system"
POOL = "hvlab"
_LIBRARY = Path(__file__).with_name("resources.sh").read_text()


def _box_volume(layout: LabLayout) -> Resource:
    """Return the volumes that vagrant-libvirt would make of boxes; the one in use is made beforehand."""
    if layout.box is None:
        return files_in(layout.folder, layout.volumes, layout.owner, "box volume")
    prefix = f"{layout.folder}/{layout.volumes}"
    image = f"{layout.box.folder}/box.img"
    arguments = (prefix, layout.folder, layout.owner, f"{layout.folder}/{layout.box.volume}", image,
                 layout.box.strategy)  # fmt: skip
    return Resource("box volume", f"{prefix}*", "box_volume", arguments, (FILES, _LIBRARY), creates=True)


def resources(layout: LabLayout) -> Sequence[Resource]:
    """Return them in the order of their creation."""
    return [
        marked_folder(layout.folder, layout.owner),
        *network(URI, layout),
        _box_volume(layout),
        pool(URI, POOL, layout),
        manager_pool(URI),
        *(file_in(layout.folder, f"{guest.name}.img", layout.owner, "disk") for guest in layout.guests),
        *(domain(URI, guest, layout) for guest in layout.guests),
    ]
