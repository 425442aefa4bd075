"""Writes a partitioned disk image with file systems in it, without loop devices or mounting."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.process import run

SECTOR = 512
MIB = 1 << 20
GIB = 1 << 30
# Room for the partition tables and alignment beside the partitions themselves.
SLACK = 4 * MIB


@dataclass(frozen=True)
class Partition:
    """One partition; size in bytes.

    Attributes:
        label: Of the file system or swap area.
        kind: "root" (filled from `content`), "images" (few large files), or "swap".
        content: Folder that is copied into it.
    """

    label: str
    size: int
    kind: Literal["root", "images", "swap"]
    content: Path | None = None


# No journal: these disks are thrown away, and its writing would show in the readings. "largefile4" has few inodes, so
# that their tables are written now and not in the background of a measurement.
_OPTIONS = {
    "root": ["-O", "^has_journal", "-E", "nodiscard,lazy_itable_init=1"],
    "images": ["-O", "^has_journal", "-T", "largefile4", "-m", "0", "-E", "nodiscard,lazy_itable_init=0"],
}


def _partition(disk: Path, table: str, partitions: Sequence[Partition]) -> list[tuple[int, int]]:
    """Write the partition table; return each one's (offset, size) in bytes."""
    types = {"dos": {"swap": "82"}, "gpt": {"swap": "swap"}}[table]
    lines = [f"label: {table}"]
    for number, part in enumerate(partitions):
        start = "start=2048, " if number == 0 else ""
        bootable = ", bootable" if table == "dos" and number == 0 else ""
        lines.append(f"{start}size={part.size // SECTOR}, type={types.get(part.kind, 'linux')}{bootable}")
    run(["sfdisk", "--quiet", disk], what="partitioning", stdin="\n".join(lines) + "\n")
    made = json.loads(run(["sfdisk", "--json", disk], what="reading the partition table"))
    return [(p["start"] * SECTOR, p["size"] * SECTOR) for p in made["partitiontable"]["partitions"]]


def _make_file_system(disk: Path, part: Partition, offset: int, size: int) -> None:
    *options, extended = _OPTIONS[part.kind]
    content: list[str | Path] = ["-d", part.content] if part.content else []
    run(
        ["mke2fs", "-q", "-F", "-t", "ext4", "-L", part.label, *options, f"{extended},offset={offset}",
         *content, disk, f"{size // 1024}k"],
        what=f"making the file system {part.label}",
        hint="is there room on the disk?",
    )  # fmt: skip


def _make_swap(disk: Path, part: Partition, offset: int, size: int) -> None:
    """Make a swap area: mkswap writes only its first page, which is made aside and put in its place."""
    aside = disk.with_suffix(".swap")
    with aside.open("wb") as handle:
        handle.truncate(size)
    try:
        run(["mkswap", "--quiet", "--label", part.label, aside], what="making the swap area")
        with aside.open("rb") as source, disk.open("r+b") as target:
            target.seek(offset)
            target.write(source.read(4096))
    finally:
        aside.unlink()


def write_disk(disk: Path, table: Literal["dos", "gpt"], partitions: Sequence[Partition]) -> None:
    """Make a sparse raw disk image with a partition table and file systems.

    Args:
        disk: File to write.
        table: "dos" where a guest's BIOS boots from it, "gpt" else.
        partitions: In order; the last takes what is left.

    Raises:
        HvlabError: If a tool fails, e.g. since the content does not fit.
    """
    with disk.open("wb") as handle:
        handle.truncate(sum(part.size for part in partitions) + SLACK)
    for part, (offset, size) in zip(partitions, _partition(disk, table, partitions), strict=True):
        if part.kind == "swap":
            _make_swap(disk, part, offset, size)
        else:
            _make_file_system(disk, part, offset, size)
