"""A lab host's drives and partitions for the paper's Tables 1 and 2, from lsblk's JSON, or from df and /proc/swaps.

lsblk prints a tree, and a device that lies on several others (RAID, multipath, bcache) once below each of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from core.parsing import json_value
from lab.images.host import partitions as image_partitions

_GB = 1 << 30
# lsblk calls them disks, too: memory, floppy drives, volumes of ZFS, replicas, flash of the firmware, parts of others.
_NO_DRIVE = re.compile(r"(zram|ram|fd|zd|drbd|mtdblock|bcache|md|dm-)[0-9]+")
_IN_MEMORY = re.compile(r"(zram|ram)[0-9]+")


@dataclass(frozen=True)
class _Device:
    """One row of lsblk.

    Attributes:
        name: Of the kernel or the device mapper; "" if lsblk has none.
        kind: disk, part, lvm, mpath, ...
        size: Bytes; None if unknown.
        model: "" if it has none.
        mounts: Where it is mounted; "swap" for swap space.
        children: What lies on it.
    """

    name: str
    kind: str
    size: int | None
    model: str
    mounts: tuple[str, ...]
    children: tuple["_Device", ...]

    @classmethod
    def of_row(cls, row: dict[str, Any]) -> "_Device":
        mounts = row["mountpoints"] if "mountpoints" in row else [row.get("mountpoint")]
        return cls(
            name=row.get("name") or "",
            kind=row["type"],
            size=None if row.get("size") is None else int(row["size"]),
            model=(row.get("model") or "").strip(),
            mounts=tuple("swap" if mount == "[SWAP]" else mount for mount in mounts or [] if mount),
            children=tuple(cls.of_row(child) for child in row.get("children") or []),
        )

    def flat(self) -> Iterator["_Device"]:
        """Yield the device and all that lies on it."""
        yield self
        for child in self.children:
            yield from child.flat()

    def words(self) -> str:
        """Return what is known of it; a null of lsblk is left out."""
        size = "" if self.size is None else f"{self.size / _GB:.0f} GB"
        return " ".join(word for word in (self.name, size, self.model) if word)


def _devices(text: str) -> list[_Device]:
    """Read lsblk's JSON.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: It has another form.
    """
    return [_Device.of_row(row) for row in json_value(text)["blockdevices"]]


def _unique(devices: Iterator[_Device]) -> Iterator[_Device]:
    """Leave out what was there before under the same name; a device without a name is not known to be another's."""
    seen = set[str]()
    for device in devices:
        if not device.name or device.name not in seen:
            seen.add(device.name)
            yield device


def drives(text: str) -> str:
    """Return the drives in words. One that several paths lead to is named once, with its multipath name.

    Args:
        text: lsblk's JSON.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: It has another form.
    """
    found = (_path_or_drive(each) for each in _devices(text) if each.kind == "disk" and not _NO_DRIVE.match(each.name))
    return ", ".join(device.words() for device in _unique(found)) or "none"


def _path_or_drive(disk: _Device) -> _Device:
    """Return the multipath device that a disk is a path of, with the path's model; else the disk."""
    for child in disk.children:
        if child.kind == "mpath":
            return _Device(child.name, child.kind, child.size, child.model or disk.model, (), ())
    return disk


def _purposes() -> dict[str, str]:
    return {mount: purpose for mount, _, purpose in image_partitions()}


def mount_points() -> list[str]:
    """Return where the study has its partitions."""
    return [mount for mount in _purposes() if mount.startswith("/")]


def partitions(text: str, mounted: str = "") -> list[tuple[str, float, str]]:
    """Return the rows of Table 2: what is mounted where the study had its partitions.

    Args:
        text: lsblk's JSON; "" where there is no such lsblk.
        mounted: `df -kP` and /proc/swaps; read where lsblk does not list `/`, as in containers.
    """
    try:
        rows = _of_lsblk(text) if text else []
    except (ValueError, KeyError, TypeError, AttributeError):
        rows = []
    return rows if any(mount == "/" for mount, _, _ in rows) else _mounted(mounted)


def _of_lsblk(text: str) -> list[tuple[str, float, str]]:
    purposes = _purposes()
    found = _unique(device for disk in _devices(text) for device in disk.flat())
    return [
        (mount, round(device.size / _GB, 1), purposes[mount])
        for device in found
        if device.size is not None and not _IN_MEMORY.match(device.name)
        for mount in device.mounts
        if mount in purposes
    ]


def _mounted(text: str) -> list[tuple[str, float, str]]:
    """Read df's lines (device, 1024-blocks, ..., mount point) and those of /proc/swaps (area, type, KiB, ...)."""
    rows, purposes = {}, _purposes()
    for words in (line.split() for line in text.splitlines()):
        if len(words) >= 6 and words[1].isdigit() and words[5] in purposes:
            rows[words[5]] = int(words[1])
        elif len(words) == 5 and words[2].isdigit() and _is_swap_on_disk(words[0]):
            rows["swap"] = rows.get("swap", 0) + int(words[2])
    return [(name, round(kib / (1 << 20), 1), purposes[name]) for name, kib in rows.items()]


def _is_swap_on_disk(area: str) -> bool:
    return area.startswith("/") and not _IN_MEMORY.match(area.rpartition("/")[2])
