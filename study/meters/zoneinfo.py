"""Meter `zoneinfo`: the free pages by zone, and those on the CPUs' own lists, from `/proc/zoneinfo`.

The kernel keeps freed pages on lists of each CPU and counts them neither as free nor as used: MemFree of meminfo and
`free` leave them out. Linux 6.7 and later lets a list grow to a thousandth of the machine and more, so MemFree can be
off by tens of MiB, and differently at each reading. One file has both numbers, of one moment.

Format: kernel 2.6.13 and later; a page is 4 KiB (x86).
"""

import re
from collections import Counter
from dataclasses import dataclass

from study.meters.base import Context, Meter, Number, unrecognised

_ZONE = re.compile(r"Node [0-9]+, zone +\w+")
_FREE = re.compile(r" +pages free +(?P<pages>[0-9]+)")
# One for each CPU; kernels before 2.6.25 have two, for hot and cold pages.
_LIST = re.compile(r" +count: +(?P<pages>[0-9]+)")
# Pages below which the kernel begins to reclaim; raised for a while where memory was in pieces ("boost").
_LOW = re.compile(r" +low +(?P<pages>[0-9]+)")
_SPANNED = re.compile(r" +spanned +(?P<pages>[0-9]+)")
_CPU = re.compile(r" +cpu: +[0-9]+(?: pcp: [0-9]+)?")
_PROTECTION = re.compile(r" +protection: \(([0-9, ]+)\)")
_CMA = re.compile(r" +cma +[0-9]+")
_PRESENT = re.compile(r" +present +(?P<pages>[0-9]+)")
# The last line of a zone, or close to it; a zone without pages has none, and ends with `protection`.
_START = re.compile(r" +start_pfn: +[0-9]+")
_PAGE_KIB = 4


def command(context: Context) -> str:
    """Make the command line; it does not depend on the context."""
    del context
    return "cat /proc/zoneinfo"


def parse(text: str) -> list[Number]:
    """Read `free`, `on_lists`, their sum `free_and_on_lists` and `low_watermarks`, KiB, over all zones.

    `lists` is the lists' count. MemAvailable of meminfo holds back the low watermarks twice, so it moves with them.

    Raises:
        HvlabError: There is no zone, or a zone is cut off, there twice, or lacks a number.
    """
    zones = _zones(text)
    free = sum(zone.one(_FREE) for zone in zones)
    on_lists = [pages for zone in zones for pages in zone.all(_LIST)]
    if not on_lists:
        raise unrecognised("zoneinfo", text, "no list of a CPU")
    return [
        Number("free", free * _PAGE_KIB, "KiB"),
        Number("on_lists", sum(on_lists) * _PAGE_KIB, "KiB"),
        Number("free_and_on_lists", (free + sum(on_lists)) * _PAGE_KIB, "KiB"),
        Number("low_watermarks", sum(zone.one(_LOW) for zone in zones) * _PAGE_KIB, "KiB"),
        Number("lists", len(on_lists), "count"),
    ]


@dataclass(frozen=True)
class _Zone:
    """The lines of one zone; the first is its heading."""

    lines: list[str]

    def all(self, pattern: re.Pattern[str]) -> list[int]:
        """Return the pages of each line of a kind."""
        return [int(match["pages"]) for line in self.lines if (match := pattern.fullmatch(line))]

    def one(self, pattern: re.Pattern[str]) -> int:
        """Return the pages of the one line of a kind."""
        (pages,) = self.all(pattern)
        return pages

    def is_whole(self) -> bool:
        """Return whether it has its numbers once, a list for each CPU, and its last line."""
        cpus = sum(1 for line in self.lines if _CPU.fullmatch(line))
        if not len(self.all(_FREE)) == len(self.all(_LOW)) == len(self.all(_PRESENT)) == 1:
            return False
        populated = self.one(_PRESENT) > 0
        ended = any(map((_START if populated else _PROTECTION).fullmatch, self.lines))
        within = all(self.one(_FREE) <= pages for pages in self.all(_SPANNED))
        return ended and within and len(self.all(_LIST)) == cpus and bool(cpus) == populated


def _zones(text: str) -> list[_Zone]:
    """Split the text into zones, and check that none is missing.

    Raises:
        HvlabError: One is, or is not whole.
    """
    zones: list[_Zone] = []
    for line in text.splitlines():
        if _ZONE.fullmatch(line):
            zones.append(_Zone([]))
        if not zones:
            raise unrecognised("zoneinfo", text, "it does not begin with a zone")
        zones[-1].lines.append(line)
    names = [zone.lines[0] for zone in zones]
    if not zones or not text.endswith("\n") or len(set(names)) < len(names) or not all(map(_Zone.is_whole, zones)):
        raise unrecognised("zoneinfo", text, "a zone is cut off, there twice, or lacks a number")
    # A zone without pages has no lists; all others have one for each CPU.
    if len({count for zone in zones if (count := len(zone.all(_LIST)))}) > 1:
        raise unrecognised("zoneinfo", text, "its zones have different numbers of lists")
    if lost := _lost(zones):
        raise unrecognised("zoneinfo", text, f"node {lost} lacks a zone")
    return zones


def _lost(zones: list[_Zone]) -> str:
    """Return the node that lacks a zone: since Linux 4.12 each node has all kinds of zones, also those without pages.

    Each zone's line `protection` has an entry for each kind; the line `cma` is only in such a kernel.
    """
    counts = Counter(zone.lines[0].split(",")[0] for zone in zones)
    for zone in zones:
        kinds = [len(match[1].split(",")) for line in zone.lines if (match := _PROTECTION.fullmatch(line))]
        node = zone.lines[0].split(",")[0]
        if any(map(_CMA.fullmatch, zone.lines)) and kinds != [counts[node]]:
            return node.removeprefix("Node ")
    return ""


METER = Meter(name="zoneinfo", title="/proc/zoneinfo", quantity="memory", command=command, parse=parse)
