"""Boxes for Vagrant, one per provider, all from the guest's one disk, and the disk that shows them to the lab host.

Box formats: Vagrant's "metadata.json" with the provider's name; libvirt adds format and virtual size
(vagrant-libvirt's README), VirtualBox an OVF (DSP0243). The folder is laid out as Vagrant's own box folder, so that it
serves as VAGRANT_HOME/boxes on the controller and, under the same path, on the lab host.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from core.console import step
from core.paths import PROJECT
from core.process import run
from lab.images.cache import cached, manifest
from lab.images.disk import GIB, MIB
from lab.images.guest import GuestImage
from lab.settings import TopologySettings

# Inside the store: what starts a guest without a boot loader.
KERNEL, INITRD = "boot/vmlinux", "boot/initrd"

_OVF = PROJECT / "hypervisors/virtualbox/box.ovf.xml"


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

    def path(self, provider: str) -> str:
        """Return the provider's box, relative to `folder` and to the mounted store."""
        return f"{self.name.replace('/', '-VAGRANTSLASH-')}/{self.version}/{provider}"


def _metadata(folder: Path, **facts: object) -> None:
    folder.mkdir(parents=True)
    (folder / "metadata.json").write_text(json.dumps(facts) + "\n")


def _convert(source: Path, target: Path, kind: str) -> None:
    run(["qemu-img", "convert", "-O", kind, source, target], what=f"converting the disk to {kind}")


def _fill(folder: Path, boxes: Boxes, guest: GuestImage, topology: TopologySettings) -> None:
    """Write the three boxes and the kernel below `folder`."""
    libvirt, xen, virtualbox = (folder / boxes.path(name) for name in ("libvirt", "xen", "virtualbox"))
    _metadata(libvirt, provider="libvirt", format="qcow2", virtual_size=topology.disk_gib)
    shutil.copyfile(guest.disk, libvirt / "box.img")
    _metadata(xen, provider="xen", format="raw")
    _convert(guest.disk, xen / "disk.raw", "raw")
    _metadata(virtualbox, provider="virtualbox")
    _convert(guest.disk, virtualbox / "disk.vmdk", "vmdk")
    templates = Environment(loader=FileSystemLoader(_OVF.parent), undefined=StrictUndefined, autoescape=True)
    text = templates.get_template(_OVF.name).render(
        name=topology.os,
        memory_mib=topology.memory_mib,
        vcpus=topology.vcpus,
        disk_bytes=topology.disk_gib * GIB,
    )
    (virtualbox / "box.ovf").write_text(text)
    # `vagrant box list --box-info` shows it.
    about = json.dumps({"author": "hvlab", **manifest(guest.disk.parent)}, indent=2) + "\n"
    for box in (libvirt, xen, virtualbox):
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


def boxes_for(guest: GuestImage, topology: TopologySettings) -> Boxes:
    """Return the boxes of `guest` for all providers, making them if they are not in the cache."""
    name, version = f"hvlab/{topology.os}", f"1.0.{int(guest.version, 16) % 10**9}"

    def build(making: Path) -> dict[str, object]:
        boxes = Boxes(name, version, making / "boxes", making / "store.img")
        with step("Boxes for libvirt, Xen and VirtualBox"):
            _fill(boxes.folder, boxes, guest, topology)
            _make_store(boxes.folder, boxes.store)
        return {"box": name, "version": version, "guest": guest.version}

    here = Path(__file__).parent
    inputs: dict[str, str | Path] = {
        "guest": guest.version,
        "shape": f"{topology.memory_mib} MiB, {topology.vcpus} CPUs, {topology.disk_gib} GiB, {topology.os}",
        "code": here / "boxes.py",
        "ovf": _OVF,
    }
    folder = cached("boxes", inputs, build)
    return Boxes(name, version, folder / "boxes", folder / "store.img")
