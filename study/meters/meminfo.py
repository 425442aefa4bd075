"""Meter `meminfo`: the kernel's own account, `/proc/meminfo` (proc_meminfo(5), kernel 2.6 and later)."""

import re

from study.meters.base import Context, Meter, Number, unrecognised
from study.meters.samples import alike, asked, combine, pauses, repeated, split

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_()]*):\s+([0-9]+)( kB)?\s*")


# What moves while a host is read; of the other fields the mean is enough.
_MOVING = ("MemFree", "MemAvailable", "Buffers", "Cached", "AnonPages", "Slab", "PageTables", "VmallocUsed")
# Each is a part of MemTotal.
_PARTS = ("MemFree", "Buffers", "Cached", "AnonPages", "Mapped", "Shmem", "Slab", "KernelStack", "PageTables", "Percpu")
_PAGE_KIB = 4


def command(context: Context) -> str:
    """Make the command line: `memory_count` samples."""
    return repeated("cat /proc/meminfo", context.memory_count)


def parse(text: str) -> list[Number]:
    """Read every field by its own name: KiB where the kernel prints `kB`, else a count (`HugePages_*`).

    Of several samples the mean, and of what moves the median and spread beside it (`study.meters.samples`).

    Raises:
        HvlabError: A line is not a field, there is no `MemTotal`, a field is there twice or not in each sample, one is
            more than the whole, or the last line is cut off.
    """
    blocks = split(text.splitlines(), _name)
    samples = [_sample(text, block) for block in blocks or [[]]]
    if not text.endswith("\n") or not alike(blocks, _name):
        raise unrecognised("meminfo", text, "a line is cut off, or a field is there twice or not in each sample")
    return combine(samples, resolution=_PAGE_KIB, moving=_MOVING)


def _name(line: str) -> str:
    return line.partition(":")[0]


def _sample(text: str, lines: list[str]) -> list[Number]:
    numbers = []
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise unrecognised("meminfo", text, f"{line!r} is no field")
        numbers.append(Number(match[1], int(match[2]), "KiB" if match[3] else "count"))
    told = {number.metric: number.value for number in numbers}
    if "MemTotal" not in told:
        raise unrecognised("meminfo", text, "no field MemTotal")
    if more := next((name for name in _PARTS if told.get(name, 0) > told["MemTotal"]), None):
        raise unrecognised("meminfo", text, f"{more} is more than MemTotal")
    return numbers


METER = Meter(
    name="meminfo", title="/proc/meminfo", quantity="memory", command=command, parse=parse, asked=asked, lasts=pauses
)
