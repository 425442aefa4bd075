"""Meter `factors`: what the lab host says of the factors that the study has set (docs/reference/factors.md).

KSM's, huge pages', swap's and the page cache's state are the kernel's own (kernel documentation, admin-guide/mm/ksm.rst
and transhuge.rst; proc_meminfo(5), proc_vmstat(5)); dom0's memory is its balloon driver's and Xen's command line; how a
guest's disk was made is told by `qemu-img info`, `VBoxManage list --long hdds`, and under Xen the device mapper.
"""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from study.meters.base import Context, Meter, Number, unrecognised

NAME = "factors"
_KSM = "/sys/kernel/mm/ksm/"
_HUGE = "/sys/kernel/mm/transparent_hugepage/enabled"
_BALLOON = "/sys/devices/system/xen_memory/xen_memory0/"
_FILES = (
    *(_KSM + name for name in ("run", "pages_shared", "pages_sharing", "full_scans")),
    _HUGE,
    *(_BALLOON + name for name in ("target_kb", "info/current_kb")),
)
_CLONE = "clone/"
_END = "factors end"
# Every line is a name and a value; a file that the kernel does not have gives none. The disks' descriptions come after
# "disks".
_PROGRAM = (
    f"grep -sH . {' '.join(_FILES)}; grep -hE '^(SwapTotal:|SwapFree:|drop_pagecache )' /proc/meminfo /proc/vmstat;"
    "{xen} echo disks; {disks} && echo '" + _END + "'"
)
_XEN = (
    " echo \"xen_commandline:$(xl info | sed -n 's/^xen_commandline *: *//p')\";"
    " [ ! -e /sys/module/dm_snapshot ] ||"
    f" dmsetup table --target snapshot | sed -n 's#^\\(server[0-9]*\\): #{_CLONE}\\1:#p';"
)
_QEMU_IMG = "find {folder} -maxdepth 1 -name 'server*.img' -exec qemu-img info --force-share --output=json {{}} \\;"
_LINE = re.compile(r"(?P<name>[A-Za-z_/0-9]+)[: ]\s*(?P<value>\S.*)?")
_KIB = re.compile(r"([0-9]+)( kB)?")
_CHOSEN = re.compile(r"\[([a-z]+)\]")
_DOM0_MEM = re.compile(r"(^| )dom0_mem=")


@dataclass(frozen=True)
class Seen:
    """The factors as a lab host shows them; None: it has no such thing, or nothing to tell it by yet.

    Attributes:
        ksm: Whether its kernel merges equal pages.
        thp: `never`, `madvise`, `always`.
        swap: Whether a swap area is in use.
        dom0_memory: `fixed` or `ballooned`; None where the lab host does not run Xen.
        page_cache_drops: How often the page cache was dropped since it booted; None: its kernel does not count them.
        disks: Guest to how its disk was made.
    """

    ksm: bool | None
    thp: str | None
    swap: bool
    dom0_memory: str | None
    page_cache_drops: int | None
    disks: dict[str, str]


def command(context: Context) -> str:
    """Make the program for the context's provider and image folder."""
    disks = _QEMU_IMG.format(folder=shlex.quote(context.image_folder))
    if context.provider == "virtualbox":
        disks = "VBoxManage list --long hdds"
    return _PROGRAM.format(xen=_XEN if context.provider == "xen" else "", disks=disks)


def parse(text: str) -> list[Number]:
    """Read counts of pages that KSM merged, swap (KiB), dom0's memory (KiB), and how often the page cache was dropped.

    Raises:
        HvlabError: A line is not of the program above, or it was cut off.
    """
    lines, _ = _split(text)
    kib = {"SwapTotal": "swap_total"}
    kib |= {_BALLOON + "target_kb": "dom0_target", _BALLOON + "info/current_kb": "dom0_current"}
    counts = {_KSM + name: f"ksm_{name}" for name in ("run", "pages_shared", "pages_sharing", "full_scans")}
    counts["drop_pagecache"] = "page_cache_drops"
    numbers = [Number(metric, _whole(lines, name, text), "KiB") for name, metric in kib.items() if name in lines]
    numbers += [Number(metric, _whole(lines, name, text), "count") for name, metric in counts.items() if name in lines]
    swap_used = _whole(lines, "SwapTotal", text) - _whole(lines, "SwapFree", text)
    return [*numbers, Number("swap_used", swap_used, "KiB")]


def seen(text: str) -> Seen:
    """Read the factors.

    Raises:
        HvlabError: See `parse`; or a disk's description is not known.
    """
    lines, rest = _split(text)
    huge = _CHOSEN.search(lines[_HUGE]) if _HUGE in lines else None
    if _HUGE in lines and huge is None:
        raise unrecognised(NAME, text, f"no choice in {lines[_HUGE]!r}")
    xen = lines.get("xen_commandline")
    if xen == "":
        raise unrecognised(NAME, text, "Xen does not tell its command line")
    others = _qemu_disks(rest, text) if rest.startswith("{") else _virtualbox_disks(rest, text)
    return Seen(
        ksm=_whole(lines, _KSM + "run", text) == 1 if _KSM + "run" in lines else None,
        thp=huge[1] if huge else None,
        swap=_whole(lines, "SwapTotal", text) > 0,
        dom0_memory=None if xen is None else "fixed" if _DOM0_MEM.search(xen) else "ballooned",
        page_cache_drops=_whole(lines, "drop_pagecache", text) if "drop_pagecache" in lines else None,
        disks=dict(sorted([*_clones(lines), *others])),
    )


def _split(text: str) -> tuple[dict[str, str], str]:
    """Take the output apart: name to value, and the text that describes the disks."""
    head, mark, rest = text.partition("\ndisks\n")
    rest = rest.rstrip("\n")
    if not mark or not (rest == _END or rest.endswith(f"\n{_END}")):
        raise unrecognised(NAME, text, f"no part 'disks' or no last line {_END!r}")
    found = {}
    for line in head.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise unrecognised(NAME, text, f"{line!r} is no name with a value")
        found[match["name"]] = match["value"] or ""
    return found, rest.removesuffix(_END).strip("\n")


def _whole(lines: dict[str, str], name: str, text: str) -> int:
    """Return a value that must be there, a whole number; KiB where the kernel prints kB."""
    match = _KIB.fullmatch(lines.get(name, ""))
    if match is None:
        raise unrecognised(NAME, text, f"no whole number {name}")
    return int(match[1])


def _clones(lines: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Read the device mapper's snapshots: Xen's guests have them as their disks."""
    for name in lines:
        if name.startswith(_CLONE):
            yield name.removeprefix(_CLONE), "linked-clone"


def _qemu_disks(rest: str, text: str) -> Iterator[tuple[str, str]]:
    """Read qemu-img's descriptions, one JSON object after the other.

    A disk on another's is a clone; one that takes at least its virtual size was given its blocks beforehand.
    """
    decoder = json.JSONDecoder()
    while rest := rest.strip():
        try:
            disk, end = decoder.raw_decode(rest)
            file, size, taken = str(disk["filename"]), int(disk["virtual-size"]), int(disk["actual-size"])
        except (ValueError, KeyError, TypeError) as error:
            raise unrecognised(NAME, text, f"a disk's description is not qemu-img's ({error!r})") from error
        rest = rest[end:]
        kind = "linked-clone" if _has_backing(disk) else "preallocated" if taken >= size else "full-copy"
        yield file.rpartition("/")[2].removesuffix(".img"), kind


def _has_backing(disk: dict[str, Any]) -> bool:
    return bool(disk.get("backing-filename"))


_VBOX_KINDS = {"fixed": "preallocated", "dynamic": "full-copy"}
_VBOX_USER = re.compile(r"(?P<guest>server[0-9]+) \(UUID: [0-9a-f-]{36}\)( .*)?")


def _virtualbox_disks(rest: str, text: str) -> Iterator[tuple[str, str]]:
    """Read VBoxManage's descriptions, divided by empty lines; a disk that no guest uses is what clones stand on."""
    for block in filter(None, re.split(r"\n\s*\n", rest)):
        fields = dict(re.findall(r"^([A-Z][A-Za-z /]+):\s+(.+)$", block, re.MULTILINE))
        variant, user = fields.get("Format variant"), fields.get("In use by VMs", "")
        if variant is None or "Parent UUID" not in fields:
            raise unrecognised(NAME, text, f"{block.splitlines()[0]!r} begins no hard disk of VBoxManage's")
        guest = _VBOX_USER.fullmatch(user)
        if guest is None:
            continue
        # The variant of a disk that stands on another's is told as dynamic while it is in use.
        kind = _VBOX_KINDS.get(variant.split()[0]) if fields["Parent UUID"] == "base" else "linked-clone"
        if kind is None:
            raise unrecognised(NAME, text, f"unknown variant {variant!r}")
        yield guest["guest"], kind


METER = Meter(name=NAME, command=command, parse=parse)
