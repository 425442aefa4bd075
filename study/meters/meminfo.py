"""Meter `meminfo`: the kernel's own account, `/proc/meminfo` (proc_meminfo(5), kernel 2.6 and later)."""

import re

from study.meters.base import Context, Meter, Number, unrecognised

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9_()]*):\s+([0-9]+)( kB)?\s*")


def command(context: Context) -> str:
    """Make the command line; it does not depend on the context."""
    del context
    return "cat /proc/meminfo"


def parse(text: str) -> list[Number]:
    """Read every field by its own name: KiB where the kernel prints `kB`, else a count (`HugePages_*`).

    Raises:
        HvlabError: A line is not a field, or there is no `MemTotal`.
    """
    numbers = []
    for line in text.splitlines():
        match = _FIELD.fullmatch(line)
        if match is None:
            raise unrecognised("meminfo", text, f"{line!r} is no field")
        numbers.append(Number(match[1], int(match[2]), "KiB" if match[3] else "count"))
    if not any(number.metric == "MemTotal" for number in numbers):
        raise unrecognised("meminfo", text, "no field MemTotal")
    return numbers


METER = Meter(name="meminfo", command=command, parse=parse)
