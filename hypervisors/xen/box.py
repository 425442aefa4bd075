"""Xen's box, in the format of hvlab's own Vagrant provider: a raw disk."""

from collections.abc import Mapping
from pathlib import Path

from hypervisors.boxes import BoxFormat, GuestDisk
from hypervisors.common import convert


def _write(folder: Path, disk: GuestDisk) -> Mapping[str, object]:
    convert.convert(disk.path, folder / "disk.raw", "raw")
    return {"format": "raw"}


BOX = BoxFormat("xen", _write, code=(Path(__file__), convert.CODE))
