"""From how many guests on one hypervisor takes less memory than another: where the lines of the cost model cross."""

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass

from report.inference.intervals import Interval
from report.inference.lines import Line, crossing, crossing_interval
from report.inference.verdicts import Decided, Verdict, less
from report.tables.cost_model import Cost


@dataclass(frozen=True)
class BreakEven:
    """Where the straight lines of two hypervisors cross.

    Attributes:
        flat: The one whose further guest takes less on average.
        steep: The other.
        crossing: Guests at which both take the same; 0 or less where `flat` takes less from the first guest on.
        interval: Its 95 % interval (Fieller's); None for one boot, or where the slopes may be the same.
        needs: Memory that `flat` takes with `guests` guests, MiB.
        slope: Whether a further guest takes less under `flat`.
        at_one: Whether `flat` takes less with one guest.
    """

    flat: str
    steep: str
    crossing: float
    interval: Interval | None
    needs: float
    slope: Decided
    at_one: Decided

    @property
    def guests(self) -> int:
        """The least number of guests at which `flat` takes less, on the means."""
        return max(math.floor(self.crossing) + 1, 1)

    @property
    def always(self) -> bool:
        """Whether `flat` takes less from the first guest on, on the means."""
        return self.guests == 1

    @property
    def once(self) -> bool:
        """Whether one of the lines is of one boot."""
        return self.slope.reason == "one-boot"

    @property
    def verdict(self) -> Verdict:
        """Whether `flat` takes less from `guests` guests on: of one boot it cannot be told."""
        decided = (self.slope, self.at_one) if self.always else (self.slope,)
        return Verdict.YES if all(it.verdict is Verdict.YES for it in decided) else Verdict.CANNOT_TELL


def break_evens(costs: Mapping[str, Cost]) -> list[BreakEven]:
    """Work out the break-even of every two hypervisors whose fixed cost and cost per guest are known.

    crossing = (fixed of flat - fixed of steep) / (cost per guest of steep - that of flat).

    Returns:
        One entry a pair, in the order of `costs`; a pair whose lines run side by side has none.
    """
    known = [(cost.provider, line) for cost in costs.values() if (line := cost.line) is not None]
    found = [_of_pair(one, other) for one, other in itertools.combinations(known, 2)]
    return [it for it in found if it is not None]


def _of_pair(one: tuple[str, Line], other: tuple[str, Line]) -> BreakEven | None:
    (flat, lower), (steep, higher) = sorted((one, other), key=lambda it: it[1].slope.mean)
    where = crossing(lower, higher)
    if where is None:
        return None
    guests = max(math.floor(where) + 1, 1)
    return BreakEven(
        flat,
        steep,
        where,
        crossing_interval(lower, higher),
        lower.at(guests).mean,
        slope=less(lower.slope, higher.slope),
        at_one=less(lower.at(1), higher.at(1)),
    )
