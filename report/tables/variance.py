"""Where the spread of the cost per guest comes from, and how many boots a wanted precision takes.

The cost per guest of one boot is a straight line between two stages; so is what each part of the machine took between
them. How far a part's line differs from boot to boot, beside how far the whole's does, tells where the spread arises;
how far the samples of one reading differ tells how much of it is mere noise of reading.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dataset.derived import DERIVED
from dataset.stages import vm_stage
from report.data.readings import Estimate, Readings
from report.inference.intervals import boots_for
from report.tables.cost_model import Cost

WANTED_MIB = 1.0
"""Half-width of the 95 % interval of the cost per guest that the number of boots is told for, MiB."""

# The standard deviation of a normal distribution, estimated by its median absolute deviation.
_MAD_TO_SD = 1.4826

# Name, meter, metric, and the sense in which it grows with memory taken. Pages of files are not in them: `free` counts
# them as cache, mapped or not.
_PARTS: tuple[tuple[str, str, str, int], ...] = (
    ("hypervisor", DERIVED, "hypervisor_free", -1),
    ("processes", "meminfo", "AnonPages", 1),
    ("guest-ram", "vmm", "guest_ram", 1),
    ("drivers", "account", "rest", 1),
    ("kernel", "account", "kernel", 1),
)


@dataclass(frozen=True)
class Part:
    """What one part of the machine took for each further guest, MiB.

    Attributes:
        name: `hypervisor` (free memory that the hypervisor itself holds), `processes` (anonymous memory of all),
            `guest-ram` (a part of it, where guests are processes), `drivers` (pages that no process and no counter of
            the kernel accounts for), `kernel`.
        per_guest: Mean over boots with its standard deviation.
    """

    name: str
    per_guest: Estimate


@dataclass(frozen=True)
class Spread:
    """The spread of one hypervisor's cost per guest.

    Attributes:
        provider: Name as in data.
        whole: The cost per guest, MiB; more than one boot.
        parts: What the machine's parts took of it, those that were read in every boot.
        reading_sd: What the samples of a reading let expect of the cost per guest's spread, MiB; None: no samples.
        boots: Boots after which its half-width is WANTED_MIB, if they differ as those so far; None: very many.
    """

    provider: str
    whole: Estimate
    parts: tuple[Part, ...]
    reading_sd: float | None
    boots: int | None


def spreads(readings: Readings, fitted: Mapping[str, Cost]) -> list[Spread]:
    """Work out the spread for every hypervisor that was read in two or more boots, in the order of `fitted`."""
    return [_spread(readings, cost) for cost in fitted.values() if cost.per_guest.sd is not None]


def _spread(readings: Readings, cost: Cost) -> Spread:
    sd = cost.per_guest.sd or 0.0
    found: list[Part] = []
    for name, meter, metric, sense in _PARTS:
        line = _line(readings, cost, meter, metric)
        if line is not None and len(line) == cost.per_guest.n:
            found.append(Part(name, Estimate.of(sense * line)))
    return Spread(cost.provider, cost.per_guest, tuple(found), _noise(readings, cost), boots_for(WANTED_MIB, sd))


def _line(readings: Readings, cost: Cost, meter: str, metric: str) -> pd.Series | None:
    """Return by how much a number grew with each guest between the cost's two stages, MiB, one value per boot."""
    ends = [
        readings.number(cost.provider, vm_stage(guests), meter, metric, "MiB") for guests in (cost.first, cost.last)
    ]
    if ends[0] is None or ends[1] is None:
        return None
    line = ((ends[1] - ends[0]) / (cost.last - cost.first)).dropna()
    return line if len(line) else None


def _noise(readings: Readings, cost: Cost) -> float | None:
    """Return the standard deviation that the samples at both ends give the line, MiB, the boots' median."""
    found = [
        readings.per_repeat(cost.provider, vm_stage(guests), "free", "paper_used:mad", "MiB")
        for guests in (cost.first, cost.last)
    ]
    if found[0] is None or found[1] is None:
        return None
    both = (_MAD_TO_SD * (found[0] ** 2 + found[1] ** 2) ** 0.5 / (cost.last - cost.first)).dropna()
    return float(both.median()) if len(both) else None
