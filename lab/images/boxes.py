"""Boxes for Vagrant, one per hypervisor, all from the guest's one disk, and the disk that shows them to the lab host.

A box has Vagrant's "metadata.json" with the format's name, and what the hypervisor's `BoxFormat` writes. The folder is
laid out as Vagrant's own box folder, so that it serves as VAGRANT_HOME/boxes on the controller and, under the same
path, on the lab host.
"""

import json
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.console import step
from core.process import run
from hypervisors.boxes import BoxFormat, GuestDisk
from hypervisors.registry import all_hypervisors
from lab.images.box_names import box_name, file_name
from lab.images.cache import NotBuiltError, cached, manifest, naming
from lab.images.disk import MIB
from lab.images.guest import GuestImage, guest_image
from lab.settings import TopologySettings

# Inside the store: what starts a guest without a boot loader.
KERNEL, INITRD = "boot/vmlinux", "boot/initrd"


@dataclass(frozen=True)
class Boxes:
    """The boxes of one guest image.

    Attributes:
        name: Vagrant's name of the box.
        version: Its version; changes with every input of the image.
        folder: To be used as VAGRANT_HOME/boxes.
        store: Disk image with the folder's content, which the lab host mounts read-only.
    """

    name: str
    version: str
    folder: Path
    store: Path

    @property
    def boots_directly(self) -> bool:
        """Whether a kernel and a RAM disk lie beside the boxes; if not, guests are started by their own boot loader."""
        return (self.folder / KERNEL).is_file()

    def path(self, form: BoxFormat) -> str:
        """Return the folder of the box in a format, relative to `folder` and to the mounted store."""
        return f"{file_name(self.name)}/{self.version}/{form.name}"


def box_formats() -> list[BoxFormat]:
    """Return the formats of all hypervisors' boxes."""
    return list({each.box.name: each.box for each in all_hypervisors().values()}.values())


def _fill(folder: Path, boxes: Boxes, guest: GuestImage, topology: TopologySettings) -> None:
    """Write a box of each format and what starts a guest without a boot loader below `folder`."""
    disk = GuestDisk(guest.disk, topology.os, topology.disk_gib, topology.memory_mib, topology.vcpus)
    # `vagrant box list --box-info` shows it.
    about = json.dumps({"author": "hvlab", **manifest(guest.disk.parent)}, indent=2) + "\n"
    for form in box_formats():
        box = folder / boxes.path(form)
        box.mkdir(parents=True)
        facts = {"provider": form.name, **form.write(box, disk)}
        (box / "metadata.json").write_text(json.dumps(facts) + "\n")
        (box / "info.json").write_text(about)
    if guest.vmlinux and guest.initrd:
        (folder / KERNEL).parent.mkdir()
        shutil.copyfile(guest.vmlinux, folder / KERNEL)
        shutil.copyfile(guest.initrd, folder / INITRD)


def _make_store(folder: Path, store: Path) -> None:
    """Put `folder` on a disk of its own, labelled "boxes"."""
    used = sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))
    with store.open("wb") as handle:
        handle.truncate((int(used * 1.1) + 256 * MIB) // MIB * MIB)
    run(
        ["mke2fs", "-q", "-F", "-t", "ext4", "-O", "^has_journal", "-m", "0", "-L", "boxes",
         "-E", "nodiscard", "-d", folder, store],
        what="making the store of boxes",
    )  # fmt: skip


def _version(guest_version: str) -> str:
    return f"1.0.{int(guest_version, 16) % 10**9}"


def planned_version(topology: TopologySettings) -> str | None:
    """Return the version that the boxes of a guest have, or will have, without building anything.

    None while what the guest's disk is made from is not there: its hash is not known then.
    """
    with naming() as names, suppress(NotBuiltError):
        return _version(guest_image(topology).version)
    guests = [name.removeprefix("guest-") for name in names if name.startswith("guest-")]
    return _version(guests[-1]) if guests else None


def boxes_for(guest: GuestImage, topology: TopologySettings) -> Boxes:
    """Return the boxes of `guest` for all hypervisors, making them if they are not in the cache."""
    name, version = box_name(topology.os), _version(guest.version)

    def build(making: Path) -> dict[str, object]:
        boxes = Boxes(name, version, making / "boxes", making / "store.img")
        with step(f"Boxes for {', '.join(each.title for each in all_hypervisors().values())}"):
            _fill(boxes.folder, boxes, guest, topology)
            _make_store(boxes.folder, boxes.store)
        return {"box": name, "version": version, "guest": guest.version}

    inputs: dict[str, str | Path] = {
        "guest": guest.version,
        "shape": f"{topology.memory_mib} MiB, {topology.vcpus} CPUs, {topology.disk_gib} GiB, {topology.os}",
        "code": Path(__file__),
        **{f"{form.name}: {file.name}": file for form in box_formats() for file in form.code},
    }
    folder = cached("boxes", inputs, build)
    return Boxes(name, version, folder / "boxes", folder / "store.img")
