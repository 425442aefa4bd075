"""KVM's box, in vagrant-libvirt's format: its README describes metadata.json."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from hypervisors.boxes import BoxFormat, GuestDisk


def _write(folder: Path, disk: GuestDisk) -> Mapping[str, object]:
    shutil.copyfile(disk.path, folder / "box.img")
    return {"format": "qcow2", "virtual_size": disk.disk_gib}


BOX = BoxFormat("libvirt", _write, code=(Path(__file__),))
