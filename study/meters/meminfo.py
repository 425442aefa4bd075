"""Meter `meminfo`: the kernel's own account, `/proc/meminfo` (proc_meminfo(5), kernel 2.6 and later)."""

import re

from study.meters.base import Context, Meter, Number, unrecognised
from study.meters.samples import asked, combine, pauses, repeated, split

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_()]*):\s+([0-9]+)( kB)?\s*")


# What moves while a host is read; of the other fields the mean is enough.
_MOVING = ("MemFree", "MemAvailable", "Buffers", "Cached", "AnonPages", "Slab", "PageTables", "VmallocUsed")
_PAGE_KIB = 4


def command(context: Context) -> str:
    """Make the command line: `memory_count` samples."""
    return repeated("cat /proc/meminfo", context.memory_count)


def parse(text: str) -> list[Number]:
    """Read every field by its own name: KiB where the kernel prints `kB`, else a count (`HugePages_*`).

    Of several samples the mean, and of what moves the median and spread beside it (`study.meters.samples`).

    Raises:
        HvlabError: A line is not a field, or there is no `MemTotal`, or a field is there twice.
    """
    blocks = split(text.splitlines(), lambda line: line.partition(":")[0])
    return combine([_sample(text, block) for block in blocks or [[]]], resolution=_PAGE_KIB, moving=_MOVING)


def _sample(text: str, lines: list[str]) -> list[Number]:
    numbers = []
    for line in lines:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise unrecognised("meminfo", text, f"{line!r} is no field")
        numbers.append(Number(match[1], int(match[2]), "KiB" if match[3] else "count"))
    if not any(number.metric == "MemTotal" for number in numbers):
        raise unrecognised("meminfo", text, "no field MemTotal")
    if len({number.metric for number in numbers}) < len(numbers):
        raise unrecognised("meminfo", text, "a field is there twice")
    return numbers


METER = Meter(
    name="meminfo", title="/proc/meminfo", quantity="memory", command=command, parse=parse, asked=asked, lasts=pauses
)
