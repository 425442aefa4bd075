"""Shared by the parsers of printed tables: columns under their headers, and numbers that add up.

A table that lost a byte no longer stands under its header; a digit that changed breaks a sum that the tool
printed as well. Both are refused, since a wrong number is worse than none.
"""

import re
from collections import Counter
from collections.abc import Sequence

_WORD = re.compile(r"\S+")


def ends(line: str, count: int) -> list[int]:
    """Return the columns at which the last `count` words of a line end; tabs count as one column."""
    return [match.end() for match in _WORD.finditer(line)][-count:]


def stands_under(header: str, row: str, count: int) -> bool:
    """Return whether the last `count` words of a row end where those of its header do (both are right-aligned)."""
    return ends(header, count) == ends(row, count)


def told_apart(names: Sequence[str], marks: Sequence[str] | None = None) -> list[str]:
    """Return names of which none occurs twice, for a tool that cuts names or has the same one for several things.

    Args:
        names: As the tool prints them.
        marks: What tells those of the same name apart; None: their order, from 1.

    Returns:
        The names; one that occurred more than once has `#` and its mark behind it.
    """
    times, seen = Counter(names), Counter[str]()
    found = []
    for at, name in enumerate(names):
        seen[name] += 1
        mark = marks[at] if marks else str(seen[name])
        found.append(name if times[name] == 1 else f"{name}#{mark}")
    return found


def near(value: float, others: Sequence[float], tolerance: float) -> bool:
    """Return whether a number is within `tolerance` of one of the others."""
    return any(abs(value - other) <= tolerance for other in others)
