"""The cost model: a fixed cost and a cost per guest, as a straight line through the guests' stages."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from dataset.stages import guests_at
from report.data.readings import Estimate
from report.stats.bootstrap import Interval, of_difference
from report.tables.memory import MemoryInUse


@dataclass(frozen=True)
class Cost:
    """What a hypervisor takes of the machine's memory, in MiB.

    Attributes:
        provider: Name as in data.
        per_guest: Memory taken by one further guest: mean of the steps from the first to the last stage
            with guests.
        fixed: The line's value at no guest; None if the machine's total is not known.
        first: Guests at the line's first stage.
        last: Guests at its last stage.
        residual: How far the mean of a stage between them lies from the line at most, MiB; None if there is none.
    """

    provider: str
    per_guest: Estimate
    fixed: Estimate | None
    first: int
    last: int
    residual: float | None = None

    def at(self, guests: int) -> float | None:
        """Return the line's value at a number of guests, MiB; None if the fixed cost is not known."""
        return None if self.fixed is None else self.fixed.mean + guests * self.per_guest.mean


@dataclass(frozen=True)
class Difference:
    """How much more one hypervisor's guest costs than another's: mean and 95 % interval, MiB."""

    mean: float
    interval: Interval


def costs(in_use: MemoryInUse) -> dict[str, Cost]:
    """Fit the cost model for each hypervisor that was read at two or more stages with guests.

    per guest = (free at the first - free at the last stage) / (guests between them), which is the mean of the
    steps; fixed = taken at the first stage - per guest x its guests. One line per repeat, then the mean.

    Args:
        in_use: Comparable memory of the study.

    Returns:
        The costs by hypervisor, in print order; one with too few stages is not in it.
    """
    fitted = {provider: _fit(in_use, provider) for provider in dict.fromkeys(name for name, _ in in_use.free)}
    return {provider: cost for provider, cost in fitted.items() if cost is not None}


def differences(fitted: Mapping[str, Cost]) -> list[tuple[str, str, Difference]]:
    """Compare the costs per guest of every two hypervisors that were read in two or more boots.

    Returns:
        The dearer, the cheaper, and by how much, in the order of `fitted`.
    """
    repeated = [cost for cost in fitted.values() if cost.per_guest.n > 1]
    found = []
    for one, other in itertools.combinations(repeated, 2):
        dear, cheap = (one, other) if one.per_guest.mean >= other.per_guest.mean else (other, one)
        interval = of_difference(dear.per_guest.values, cheap.per_guest.values)
        if interval is not None:
            mean = dear.per_guest.mean - cheap.per_guest.mean
            found.append((dear.provider, cheap.provider, Difference(mean, interval)))
    return found


def break_even(flat: Cost, steep: Cost) -> int | None:
    """Return the least number of guests at which `flat` takes less memory than `steep`.

    Args:
        flat: The hypervisor with the lower cost per guest.
        steep: The other.

    Returns:
        Guests, on the straight lines; None if the lines do not cross at one guest or more, or a fixed cost
        is not known.
    """
    if flat.fixed is None or steep.fixed is None:
        return None
    slope = steep.per_guest.mean - flat.per_guest.mean
    head_start = flat.fixed.mean - steep.fixed.mean
    # Slopes that differ by next to nothing cross beyond any number.
    if slope <= 0 or head_start <= slope or not math.isfinite(head_start / slope):
        return None
    return math.floor(head_start / slope) + 1


def _fit(in_use: MemoryInUse, provider: str) -> Cost | None:
    stages = [s for s in in_use.stages if guests_at(s) > 0 and (provider, s) in in_use.free]
    if len(stages) < 2:
        return None
    first, last = guests_at(stages[0]), guests_at(stages[-1])
    begin, end = in_use.free[provider, stages[0]], in_use.free[provider, stages[-1]]
    # Subtraction aligns by repeat: a repeat that lacks one of the ends gives no line.
    per_guest = ((begin - end) / (last - first)).dropna()
    if per_guest.empty:
        return None
    fixed = None
    if in_use.baseline is not None:
        fixed = Estimate.of((in_use.baseline.total.mean - begin - first * per_guest).dropna())
    slope = Estimate.of(per_guest)
    between = {guests_at(s): float(in_use.free[provider, s].mean()) for s in stages[1:-1]}
    off = [abs(float(begin.mean()) - (guests - first) * slope.mean - free) for guests, free in between.items()]
    return Cost(provider, slope, fixed, first, last, max(off, default=None))
