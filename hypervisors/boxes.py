"""The form in which Vagrant wants a guest's image for a hypervisor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class GuestDisk:
    """The disk that a box is made from, and the guest that it belongs to.

    Attributes:
        path: qcow2.
        os: Name of the guest's system.
        disk_gib: Size of the disk, GiB.
        memory_mib: The guest's memory, MiB.
        vcpus: Its virtual CPUs.
    """

    path: Path
    os: str
    disk_gib: int
    memory_mib: int
    vcpus: int


@dataclass(frozen=True)
class BoxFormat:
    """A box's format.

    Attributes:
        name: Vagrant's name of it: `provider` in metadata.json, and the box's folder.
        write: Puts the disk, and whatever else the format has, into the box's folder; returns what metadata.json
            holds beside the name.
        code: Files that define it: inputs of the boxes, which are made again when they change.
    """

    name: str
    write: Callable[[Path, GuestDisk], Mapping[str, object]]
    code: tuple[Path, ...]
