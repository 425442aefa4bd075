"""Meter `zoneinfo`: the free pages by zone, and those on the CPUs' own lists, from `/proc/zoneinfo`.

The kernel keeps freed pages on lists of each CPU and counts them neither as free nor as used: MemFree of meminfo and
`free` leave them out. Linux 6.7 and later lets a list grow to a thousandth of the machine and more, so MemFree can be
off by tens of MiB, and differently at each reading. One file has both numbers, of one moment.

Format: kernel 2.6.13 and later; a page is 4 KiB (x86).
"""

import re

from study.meters.base import Context, Meter, Number, unrecognised

_ZONE = re.compile(r"Node [0-9]+, zone +\w+")
_FREE = re.compile(r" +pages free +(?P<pages>[0-9]+)")
# One for each CPU; kernels before 2.6.25 have two, for hot and cold pages.
_LIST = re.compile(r" +count: +(?P<pages>[0-9]+)")
# Pages below which the kernel begins to reclaim; raised for a while where memory was in pieces ("boost").
_LOW = re.compile(r" +low +(?P<pages>[0-9]+)")
_PAGE_KIB = 4


def command(context: Context) -> str:
    """Make the command line; it does not depend on the context."""
    del context
    return "cat /proc/zoneinfo"


def parse(text: str) -> list[Number]:
    """Read `free`, `on_lists`, their sum `free_and_on_lists` and `low_watermarks`, KiB, over all zones.

    `lists` is the lists' count. MemAvailable of meminfo holds back the low watermarks twice, so it moves with them.

    Raises:
        HvlabError: There is no zone, or a zone does not have exactly one number of free pages.
    """
    lines = text.splitlines()
    zones = sum(1 for line in lines if _ZONE.fullmatch(line))
    free = [int(match["pages"]) for line in lines if (match := _FREE.fullmatch(line))]
    lists = [int(match["pages"]) for line in lines if (match := _LIST.fullmatch(line))]
    low = [int(match["pages"]) for line in lines if (match := _LOW.fullmatch(line))]
    if not zones or len(free) != zones or not lists or not text.endswith("\n"):
        raise unrecognised("zoneinfo", text, f"{zones} zones, {len(free)} of them with free pages, {len(lists)} lists")
    return [
        Number("free", sum(free) * _PAGE_KIB, "KiB"),
        Number("on_lists", sum(lists) * _PAGE_KIB, "KiB"),
        Number("free_and_on_lists", (sum(free) + sum(lists)) * _PAGE_KIB, "KiB"),
        Number("low_watermarks", sum(low) * _PAGE_KIB, "KiB"),
        Number("lists", len(lists), "count"),
    ]


METER = Meter(name="zoneinfo", title="/proc/zoneinfo", quantity="memory", command=command, parse=parse)
