"""Where the partitions of a plan lie on the disk."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.errors import HvlabError
from lab.installer.plan import Part

SECTOR = 512
MIB = 1 << 20
_PER_MIB = MIB // SECTOR
# The first MiB holds the partition table and GRUB.
_FIRST_MIB = 1
_TYPES = {"swap": "82"}


@dataclass(frozen=True)
class Placed:
    """A partition and its place.

    Attributes:
        part: What was asked for.
        start: First sector.
        sectors: How many.
    """

    part: Part
    start: int
    sectors: int


def _sizes(parts: Sequence[Part], room: int) -> list[int]:
    """Return each partition's size in MiB: what it asks for, and its share of what is left if it grows."""
    sizes = [part.size_mib for part in parts]
    left = room - sum(sizes)
    growing = [number for number, part in enumerate(parts) if part.grow]
    while left > 0 and growing:
        share = max(left // len(growing), 1)
        for number in list(growing):
            limit = parts[number].max_mib or room
            more = min(share, max(limit - sizes[number], 0), left)
            sizes[number] += more
            left -= more
            if sizes[number] >= limit:
                growing.remove(number)
    return sizes


def place(parts: Sequence[Part], disk_bytes: int) -> list[Placed]:
    """Place partitions one after the other, on whole MiB; those that grow share what is left.

    Raises:
        HvlabError: If they do not fit.
    """
    room = disk_bytes // MIB - _FIRST_MIB
    asked = sum(part.size_mib for part in parts)
    if asked > room:
        raise HvlabError(f"the partitions need {asked} MiB, the disk has room for {room} MiB")
    placed, start = [], _FIRST_MIB
    for part, size in zip(parts, _sizes(parts, room), strict=True):
        placed.append(Placed(part, start * _PER_MIB, size * _PER_MIB))
        start += size
    return placed


def sfdisk_script(placed: Sequence[Placed]) -> str:
    """Return what sfdisk is told: a DOS table, since a PC's BIOS starts from the disk; the root can be booted."""
    lines = ["label: dos", "unit: sectors"]
    for entry in placed:
        bootable = ", bootable" if entry.part.mount == "/" else ""
        kind = _TYPES.get(entry.part.fstype, "83")
        lines.append(f"start={entry.start}, size={entry.sectors}, type={kind}{bootable}")
    return "\n".join(lines) + "\n"


def fstab(parts: Sequence[Part]) -> str:
    """Return /etc/fstab for the installed system; the root is first, so that others are mounted on it."""
    lines = []
    for part in sorted(parts, key=lambda part: (part.fstype == "swap", part.mount)):
        if part.fstype == "swap":
            lines.append(f"LABEL={part.label} none swap sw 0 0")
        else:
            lines.append(
                f"LABEL={part.label} {part.mount} {part.fstype} {part.options} 0 {1 if part.mount == '/' else 2}"
            )
    return "\n".join(lines) + "\n"
