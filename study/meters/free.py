"""Meter `free`: the 2011 study's own, `free -m`.

Layouts, distinguished by their header:

- procps 3.2 (CentOS 5) to procps-ng 3.3.9: columns `buffers` and `cached`, a row `-/+ buffers/cache`;
- procps-ng 3.3.10 and later, also 4, and busybox: column `buff/cache`, or with `-w` the columns `buffers` and `cache`.

The study read "used without buffers and cache". Column `used` cannot stand for it, since it means something
else in each: `total - free` in procps 3.2, `total - free - buffers - cache` in later procps-ng 3.3, and
`total - available` in procps-ng 4. So `paper_used` is computed from the parts instead, in every layout:

    paper_free = free + buffers + cache
    paper_used = total - paper_free

Since procps-ng 3.3.10 cache holds reclaimable slab, too; before, and in busybox, slab is used. The report compares with
2011 by the kernel's own parts (meter `meminfo`), which no version of free changes.

`used`, and in the old layout the second row, repeat the same numbers: an output whose parts do not add up is
refused.
"""

import re

from study.meters.base import Context, Meter, Number, unrecognised
from study.meters.parsing import near, stands_under
from study.meters.samples import summarise

_METRICS = {
    "total": "total",
    "used": "used",
    "free": "free",
    "shared": "shared",
    "buff/cache": "buff_cache",
    "buffers": "buffers",
    "cached": "cached",
    "cache": "cache",
    "available": "available",
}
_OLD = ("total", "used", "free", "shared", "buffers", "cached")
_LAYOUTS = (
    _OLD,
    ("total", "used", "free", "shared", "buff/cache", "available"),
    ("total", "used", "free", "shared", "buffers", "cache", "available"),
)
_CACHES = ("buff_cache", "buffers", "cached", "cache")
_WITHOUT_CACHE = "-/+ buffers/cache:"
_ROW = re.compile(rf"(?P<name>Mem:|{re.escape(_WITHOUT_CACHE)}|Swap:)(?P<values>(?: +[0-9]+)+)")
# Each number is rounded down to whole MiB before it is printed; a sum of four can be off by three.
_ROUNDING_MIB = 3


def command(context: Context) -> str:
    """Make the command line: `free_count` samples, one a second."""
    samples = f" -s 1 -c {context.free_count}" if context.free_count > 1 else ""
    return f"LC_ALL=C free -m{samples}"


def asked(line: str) -> int:
    """Return how many samples a command line asks for."""
    match = re.search(r" -c ([0-9]+)", line)
    return int(match[1]) if match else 1


def parse(text: str) -> list[Number]:
    """Read the columns of row `Mem:` as printed, and the study's two numbers, all in MiB.

    Of several samples the mean, and the median and spread beside it (`study.meters.samples`).

    Raises:
        HvlabError: The output is none of the layouts above, was cut off, or its parts do not add up.
    """
    samples = [_sample(text, block) for block in _blocks(text)]
    if len({tuple(sample) for sample in samples}) > 1:
        raise unrecognised("free", text, "its samples have different columns")
    return summarise(samples, "MiB", resolution=1)


def _blocks(text: str) -> list[list[str]]:
    """Split the output into samples: lines from one header to the next, without empty lines."""
    blocks: list[list[str]] = []
    for line in text.splitlines():
        if line.split()[:1] == ["total"]:
            blocks.append([line])
        elif line.strip() and not blocks:
            break
        elif line.strip():
            blocks[-1].append(line)
    if not blocks or not text.endswith("\n"):
        raise unrecognised("free", text, 'no header "total ..." or no end of line')
    return blocks


def _sample(text: str, block: list[str]) -> dict[str, int]:
    """Read one sample: the printed columns, then `paper_used` and `paper_free`."""
    header, *lines = block
    names = tuple(header.split())
    rows = _rows(text, lines)
    row = rows.get("Mem:", [])
    if names not in _LAYOUTS or len(row) != len(names):
        raise unrecognised("free", text, f"row {row} does not fit header {list(names)}")
    expected = ["Mem:", _WITHOUT_CACHE, "Swap:"] if names == _OLD else ["Mem:", "Swap:"]
    if list(rows) != expected or len(rows["Swap:"]) != 3:
        raise unrecognised("free", text, f"its rows are {list(rows)}, not {expected}")
    if not all(stands_under(header, line, len(names)) for line in lines if line.startswith("Mem:")):
        raise unrecognised("free", text, "row Mem: does not stand under its header")
    parts = {_METRICS[name]: value for name, value in zip(names, row, strict=True)}
    paper_free = parts["free"] + sum(parts.get(name, 0) for name in _CACHES)
    parts |= {"paper_used": parts["total"] - paper_free, "paper_free": paper_free}
    _check(text, parts, rows)
    return parts


def _rows(text: str, lines: list[str]) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for line in lines:
        match = _ROW.fullmatch(line)
        if match is None or match["name"] in rows:
            raise unrecognised("free", text, f"row {line!r} does not fit header")
        rows[match["name"]] = [int(value) for value in match["values"].split()]
    return rows


def _check(text: str, parts: dict[str, int], rows: dict[str, list[int]]) -> None:
    """Check the parts against the numbers that are printed twice.

    Raises:
        HvlabError: They do not add up.
    """
    total, free = parts["total"], parts["free"]
    if without_cache := rows.get(_WITHOUT_CACHE):
        adds_up = (
            near(parts["used"], [total - free], _ROUNDING_MIB)
            and len(without_cache) == 2
            and near(without_cache[0], [parts["paper_used"]], _ROUNDING_MIB)
            and near(without_cache[1], [parts["paper_free"]], _ROUNDING_MIB)
        )
    else:
        # procps-ng 3.3.10 to 3.3.17, then 4.
        meanings = [parts["paper_used"], total - parts["available"]]
        adds_up = near(parts["used"], meanings, _ROUNDING_MIB)
    swap_total, swap_used, swap_free = rows["Swap:"]
    if not adds_up or not near(swap_total, [swap_used + swap_free], _ROUNDING_MIB):
        raise unrecognised("free", text, "its parts do not add up")
    if max(free, parts["paper_free"], parts.get("available", 0)) > total + _ROUNDING_MIB:
        raise unrecognised("free", text, "a part is more than the total")


METER = Meter(
    name="free",
    title="free",
    quantity="memory",
    command=command,
    parse=parse,
    asked=asked,
    lasts=lambda line: asked(line) - 1,
)
