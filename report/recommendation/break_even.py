"""From how many guests on one hypervisor takes less memory than another: where the lines of the cost model cross."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from report.stats.bootstrap import LEVEL, Interval, percentile_interval, resampled_means
from report.tables.cost_model import Cost


@dataclass(frozen=True)
class BreakEven:
    """Where the straight lines of two hypervisors cross.

    Attributes:
        flat: The one whose further guest takes less.
        steep: The other.
        crossing: Guests at which both take the same; 0 or less where `flat` takes less from the first guest on.
        interval: Its 95 % interval; None for one boot, or where fewer resamples than 95 % have a crossing.
        share: Share of the resamples (0 to 1) in which `flat` still has the lower cost per guest; None for one boot.
        needs: Memory that both take there, MiB.
    """

    flat: str
    steep: str
    crossing: float
    interval: Interval | None
    share: float | None
    needs: float

    @property
    def guests(self) -> int:
        """The least number of guests at which `flat` takes less."""
        return max(math.floor(self.crossing) + 1, 1)

    @property
    def always(self) -> bool:
        """Whether `flat` takes less from the first guest on."""
        return self.guests == 1


def break_evens(costs: Mapping[str, Cost]) -> list[BreakEven]:
    """Work out the break-even of every two hypervisors whose fixed cost and cost per guest are known.

    crossing = (fixed of flat - fixed of steep) / (cost per guest of steep - that of flat). Its interval is worked out
    by resampling boots, each of which gives both numbers.

    Returns:
        One entry a pair, in the order of `costs`; a pair whose lines run side by side has none.
    """
    known = [cost for cost in costs.values() if cost.fixed is not None]
    found = [_of_pair(one, other) for one, other in itertools.combinations(known, 2)]
    return [it for it in found if it is not None]


def _of_pair(one: Cost, other: Cost) -> BreakEven | None:
    flat, steep = (one, other) if one.per_guest.mean <= other.per_guest.mean else (other, one)
    slope = steep.per_guest.mean - flat.per_guest.mean
    if slope == 0 or flat.fixed is None or steep.fixed is None:
        return None
    crossing = (flat.fixed.mean - steep.fixed.mean) / slope
    if not math.isfinite(crossing):  # the slopes differ by next to nothing
        return None
    interval, share = _spread(flat, steep)
    needs = flat.fixed.mean + crossing * flat.per_guest.mean
    return BreakEven(flat.provider, steep.provider, crossing, interval, share, needs)


def _spread(flat: Cost, steep: Cost) -> tuple[Interval | None, float | None]:
    least = min(flat.per_guest.n, steep.per_guest.n)
    if least < 2 or flat.fixed is None or steep.fixed is None:
        return None, None
    (slope_flat, fixed_flat), (slope_steep, fixed_steep) = resampled_means(
        [(cost.per_guest.values, cost.fixed.values) for cost in (flat, steep) if cost.fixed is not None]
    )
    slope = slope_steep - slope_flat
    steeper = slope > 0
    share = float(np.mean(steeper))
    if share < LEVEL:
        return None, share
    return percentile_interval((fixed_flat - fixed_steep)[steeper] / slope[steeper], least), share
