"""Puts a plan on the disk: partitions, file systems, the system's files. Runs in the machine that is installed."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from core.errors import HvlabError
from core.process import run
from lab.installer.partitions import MIB, Placed, sfdisk_script

# Journals and late initialization would write in the background of a measurement; "^has_journal" is for ext4 only,
# ext3 is ext2 with a journal. What RHEL 5's own mke2fs makes is not aimed at.
_OPTIONS = {
    "ext2": [],
    "ext3": [],
    "ext4": ["-O", "^has_journal", "-E", "lazy_itable_init=1"],
}


def the_disk(devices: Path = Path("/sys/block")) -> Path:
    """Return the machine's one disk.

    Raises:
        HvlabError: If there is none, or more than one, since a kickstart file for this installer names none.
    """
    disks = sorted(path.name for path in devices.iterdir() if path.name.startswith(("vd", "sd", "xvd", "hd")))
    if len(disks) != 1:
        raise HvlabError(f"this installer wants a machine with one disk, here are {len(disks)}: {', '.join(disks)}")
    return Path("/dev") / disks[0]


def disk_bytes(disk: Path) -> int:
    """Return the size of a disk."""
    return int((Path("/sys/block") / disk.name / "size").read_text()) * 512


def partition(disk: Path, placed: Sequence[Placed]) -> None:
    """Write the partition table, file systems and swap areas."""
    run(["sfdisk", "--quiet", "--wipe=always", disk], what="partitioning", stdin=sfdisk_script(placed))
    for number, entry in enumerate(placed, 1):
        device, label = f"{disk}{number}", entry.part.label
        if entry.part.fstype == "swap":
            run(["mkswap", "--quiet", "--label", label, device], what=f"making the swap area {label}")
        else:
            fstype = entry.part.fstype
            run(
                ["mke2fs", "-q", "-F", "-t", fstype, "-L", label, *_OPTIONS[fstype], device],
                what=f"making the file system {label}",
            )


def mount(disk: Path, placed: Sequence[Placed], target: Path) -> list[Path]:
    """Mount the file systems below `target`, the root first; return the mount points in the order of mounting."""
    mounted = []
    numbered = [(entry.part, number) for number, entry in enumerate(placed, 1) if entry.part.fstype != "swap"]
    for part, number in sorted(numbered, key=lambda item: item[0].mount):
        point = target / part.mount.lstrip("/")
        point.mkdir(parents=True, exist_ok=True)
        # The driver of ext4 reads its predecessors, too.
        run(["mount", "-t", "ext4", f"{disk}{number}", point], what=f"mounting {part.mount}")
        mounted.append(point)
    return mounted


def _require_room(points: Sequence[Path]) -> None:
    for point in points:
        usage = os.statvfs(point)
        # Blocks kept for root count as free: root is who writes. The driver of ext4 keeps some for itself
        # (fs/ext4/super.c: a fiftieth, at most 4096), and a little is left by files that did not fit.
        kept = min(usage.f_blocks // 50, 4096) * usage.f_frsize
        if usage.f_bfree * usage.f_frsize < kept + MIB or not usage.f_ffree:
            size = usage.f_blocks * usage.f_frsize // MIB
            raise HvlabError(f"the disk is full: the file system of {size} MiB at {point} has no room left")


@contextmanager
def room_watched(points: Sequence[Path]) -> Iterator[None]:
    """Tell of a full file system rather than of what failed in the block for that reason.

    It is also looked for at the end: a script whose failure does not count may have filled it.

    Raises:
        HvlabError: One of the file systems mounted at `points` is full.
    """
    try:
        yield
    except (HvlabError, OSError) as error:
        try:
            _require_room(points)
        except HvlabError as full:
            raise full from error
        raise
    _require_room(points)


def unpack(archive: Path, target: Path) -> None:
    """Unpack the system, with its owners and capabilities."""
    run(
        ["tar", "--extract", "--numeric-owner", "--preserve-permissions", "--xattrs", "--xattrs-include=*",
         "--file", archive, "--directory", target],
        what="unpacking the system",
    )  # fmt: skip


def bind(target: Path) -> list[Path]:
    """Show the kernel's file systems in the installed system; return the mount points."""
    points = []
    for kind in ("proc", "sys", "dev"):
        run(["mount", "--bind", f"/{kind}", target / kind], what=f"mounting /{kind}")
        points.append(target / kind)
    return points


def unmount(points: Sequence[Path]) -> None:
    """Unmount, the last one first."""
    for point in reversed(points):
        run(["umount", point], what=f"unmounting {point}")
