"""Reads what stress-ng prints at its end (`--metrics`; stress-ng(1)), for the loads that it makes."""

import re

from study.meters.base import Number, unrecognised

_NAME = "stress-ng"
_ROW = re.compile(
    r"stress-ng: metrc: \[[0-9]+\] (?P<stressor>[a-z][a-z0-9-]*) +(?P<ops>[0-9]+) +(?P<real>[0-9.]+) +(?P<usr>[0-9.]+)"
    r" +(?P<sys>[0-9.]+) +(?P<rate>[0-9.]+) +(?P<cpu_rate>[0-9.]+) +(?P<cpu>[0-9.]+) +(?P<rss>[0-9]+)"
)
_HEAD = re.compile(
    r"stressor +bogo ops real time  usr time  sys time   bogo ops/s     bogo ops/s CPU used per +RSS Max"
)


def parse(text: str, stressor: str) -> list[Number]:
    """Read the row of a stressor that ran once.

    Args:
        text: What stress-ng printed in one guest.
        stressor: Its name.

    Returns:
        `ops` (count), `seconds`, `ops_rate` (1/s, by real time), `cpu` (percent of one CPU, user and system) and
        `rss_max` (KiB).

    Raises:
        HvlabError: There is no such row, or more than one.
    """
    rows = [match for line in text.splitlines() if (match := _ROW.fullmatch(line.rstrip()))]
    if not _HEAD.search(text) or [row["stressor"] for row in rows] != [stressor]:
        raise unrecognised(_NAME, text, f"not one row of {stressor} below the metrics' head")
    (row,) = rows
    return [
        Number("ops", int(row["ops"]), "count"),
        Number("seconds", float(row["real"]), "s"),
        Number("ops_rate", float(row["rate"]), "1/s"),
        Number("cpu", float(row["cpu"]), "percent"),
        Number("rss_max", int(row["rss"]), "KiB"),
    ]
