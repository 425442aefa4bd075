"""CPU: Table 4 and what Figure 8 draws, at the stage with all guests up."""

from dataclasses import dataclass

import pandas as pd

from report.data.gaps import Missing, find_missing
from report.data.names import PROVIDERS
from report.data.readings import Estimate, Readings

ROWS = ("idle", "user", "sys", "guest", "rest")
_DOM0 = "cpu:Domain-0"


@dataclass(frozen=True)
class Table4:
    """Shares of CPU time in percent of all CPUs that the host's kernel sees (under Xen: dom0's).

    Attributes:
        stage: The stage that is shown.
        cells: By provider and row; `guest` is time that the kernel books to guests, `rest` is 100 less the
            four others (nice, iowait, interrupts, steal).
        guests_under_xen: Sum over the guests' CPU time by xentop, percent of one CPU; None if not read.
        missing: The gaps.
    """

    stage: str
    cells: dict[tuple[str, str], Estimate]
    guests_under_xen: Estimate | None
    missing: Missing


def table_4(readings: Readings, stage: str) -> Table4:
    """Build Table 4 at a stage, means over repeats."""
    cells: dict[tuple[str, str], Estimate] = {}
    for provider in PROVIDERS:
        shares = {
            row: values
            for row in ROWS[:-1]
            if (values := readings.per_repeat(provider, stage, "mpstat", row, "percent")) is not None
        }
        cells.update({(provider, row): Estimate.of(values) for row, values in shares.items()})
        rest = _rest(shares)
        if rest is not None:
            cells[provider, "rest"] = rest
    guests = guests_under_xen(readings, stage)
    return Table4(stage, cells, None if guests is None else Estimate.of(guests), find_missing(cells.keys(), ROWS))


def _rest(shares: dict[str, pd.Series]) -> Estimate | None:
    if len(shares) < len(ROWS) - 1:
        return None
    rest = (100 - pd.concat(list(shares.values()), axis=1).sum(axis=1, skipna=False)).dropna()
    # mpstat prints two decimals, so the five can overshoot 100 by some hundredths.
    return Estimate.of(rest.clip(lower=0)) if len(rest) else None


def guests_under_xen(readings: Readings, stage: str) -> pd.Series | None:
    """Return the guests' CPU time by xentop at a stage, one sum per repeat, percent of one CPU; None if not read."""
    names = [m for m in readings.metrics("xen", stage, "xentop") if m.startswith("cpu:") and m != _DOM0]
    guests = [readings.per_repeat("xen", stage, "xentop", name, "percent") for name in names]
    found = [values for values in guests if values is not None]
    if not found:
        return None
    total = pd.concat(found, axis=1).sum(axis=1, skipna=False).dropna()
    return total if len(total) else None
