"""What a lab has on its host under Xen."""

from collections.abc import Sequence
from pathlib import Path

from core.resources.base import Resource
from core.resources.files import LIBRARY as FILES
from core.resources.files import file_in, marked_folder
from hypervisors.common.libvirt_resources import domain, manager_pool, network
from hypervisors.layout import GuestIdentity, LabLayout

URI = "xen:///system"
# What linked clones stand on.
_BASE = "box.raw"
_MODEL = "/usr/libexec/xen-qemu-system-i386"
_LIBRARY = Path(__file__).with_name("resources.sh").read_text()


def _base_disk(layout: LabLayout) -> Resource:
    arguments = (f"{layout.folder}/{_BASE}", layout.folder, layout.owner)
    if layout.box is None or layout.box.strategy != "linked-clone":
        return file_in(layout.folder, _BASE, layout.owner, "disk")
    source = f"{layout.box.folder}/disk.raw"
    return Resource("disk", arguments[0], "base_disk", (*arguments, source), (FILES, _LIBRARY), creates=True)


def _loop_device(layout: LabLayout, name: str) -> Resource:
    path = f"{layout.folder}/{name}"
    return Resource("loop device", path, "loop_device", (path, layout.folder, layout.owner), (FILES, _LIBRARY))


def _guest(layout: LabLayout, guest: GuestIdentity) -> list[Resource]:
    """Return a guest's disk, or the parts of its clone, and the guest as libvirt and as Xen itself know it."""
    clone = f"{guest.name}.cow"
    mapping = (guest.name, f"{layout.folder}/{clone}")
    return [
        file_in(layout.folder, f"{guest.name}.img", layout.owner, "disk"),
        file_in(layout.folder, clone, layout.owner, "disk"),
        _loop_device(layout, clone),
        Resource("mapping", f"/dev/mapper/{guest.name}", "mapping", mapping, (FILES, _LIBRARY)),
        Resource("domain", f"{guest.name} (xl)", "xl_domain", (guest.name, guest.mac), (FILES, _LIBRARY)),
        domain(URI, guest, layout),
    ]


def resources(layout: LabLayout) -> Sequence[Resource]:
    """Return them in the order of their creation."""
    return [
        Resource("wrapper", _MODEL, "model_wrapper", (_MODEL, layout.owner), (FILES, _LIBRARY), creates=True,
                 shared=True),
        marked_folder(layout.folder, layout.owner),
        *network(URI, layout),
        _base_disk(layout),
        _loop_device(layout, _BASE),
        manager_pool(URI),
        *(resource for guest in layout.guests for resource in _guest(layout, guest)),
    ]  # fmt: skip
