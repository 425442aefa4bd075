"""The cost model: a fixed cost and a cost per guest, as a straight line through the guests' stages."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from dataset.stages import guests_at
from report.data.readings import Estimate
from report.inference.intervals import Interval, Measured
from report.inference.lines import Line
from report.inference.resolution import of_slope
from report.inference.verdicts import Decided, differ
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

    @property
    def line(self) -> Line | None:
        """The straight line, one a boot; None if the fixed cost is not known."""
        if self.fixed is None:
            return None
        return Line(self.fixed.values, self.per_guest.values, self.first, self.last)

    @property
    def slope(self) -> Measured:
        """The cost per guest, with what reading errors can move it by."""
        return self.per_guest.measured(of_slope(self.first, self.last))

    def at(self, guests: int) -> float | None:
        """Return the line's value at a number of guests, MiB; None if the fixed cost is not known."""
        return None if self.fixed is None else self.fixed.mean + guests * self.per_guest.mean


@dataclass(frozen=True)
class Difference:
    """How much more one hypervisor's guest costs than another's, MiB.

    Attributes:
        mean: The difference of the means.
        interval: Its 95 % interval.
        decided: Whether the two differ.
    """

    mean: float
    interval: Interval
    decided: Decided


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
    found = []
    for one, other in itertools.combinations(fitted.values(), 2):
        dear, cheap = sorted((one, other), key=lambda it: -it.per_guest.mean)
        decided = differ(dear.slope, cheap.slope)
        if decided.interval is not None:
            found.append((dear.provider, cheap.provider, Difference(decided.amount.mean, decided.interval, decided)))
    return found


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
