"""Straight lines over boots: their value at a number of guests, where they cross, and where they reach a limit.

Each boot gives an intercept and a slope. At N guests it gives `intercept + N slope`, one value per boot, whose
interval is Student's; so the error grows with extrapolation as the boots themselves say. The numbers N at which the
interval holds zero are Fieller's interval of the crossing.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from report.inference.intervals import Group, Interval, Measured, covariance, quantile
from report.inference.resolution import of_line, of_slope


@dataclass(frozen=True)
class Line:
    """One hypervisor's line.

    Attributes:
        intercepts: One per boot.
        slopes: One per boot, in the same order.
        first: Guests at the first of the two stages that it was drawn through.
        last: Guests at the last.
    """

    intercepts: Sequence[float]
    slopes: Sequence[float]
    first: int
    last: int

    def at(self, guests: float) -> Measured:
        """Return the line's value at a number of guests, with what reading errors can move it by."""
        values = [fixed + guests * slope for fixed, slope in zip(self.intercepts, self.slopes, strict=True)]
        return Measured.of(values, of_line(guests, self.first, self.last))

    @property
    def slope(self) -> Measured:
        """The slope."""
        return Measured.of(self.slopes, of_slope(self.first, self.last))


def crossing(one: Line, other: Line) -> float | None:
    """Return the number of guests at which two lines have the same value; None if they run side by side."""
    slope = statistics.fmean(one.slopes) - statistics.fmean(other.slopes)
    head_start = statistics.fmean(other.intercepts) - statistics.fmean(one.intercepts)
    if slope == 0 or not math.isfinite(head_start / slope):
        return None
    return head_start / slope


def crossing_interval(one: Line, other: Line) -> Interval | None:
    """Return Fieller's interval of the crossing of two lines.

    Returns:
        The interval; None for one boot, or if it has no end: the slopes may be the same.
    """
    where = crossing(one, other)
    if where is None:
        return None
    difference = one.at(where).minus(other.at(where))
    if difference.n < 2:
        return None
    moments = [_Moments.of(line.intercepts, line.slopes) for line in (one, other)]
    return _fieller(moments[0].minus(moments[1]), quantile(difference.freedom))


def reaching(intercepts: Sequence[float], slopes: Sequence[float], limit: float) -> Interval | None:
    """Return the interval of the number of guests at which a rising line reaches a limit.

    Returns:
        The interval, whose upper end is infinite where the line may as well be level; None for one boot.
    """
    if len(slopes) < 2:
        return None
    moments = _Moments.of([value - limit for value in intercepts], slopes)
    t = quantile(len(slopes) - 1)
    return _fieller(moments, t) or Interval(_lower_end(moments, t), math.inf)


def _lower_end(line: "_Moments", t: float) -> float:
    """Return the least number of guests, from 0 on, at which the upper end of a line's interval reaches zero."""
    a, b, c = line.quadratic(t)
    if c <= 0:  # it does at no guest
        return 0.0
    if a == 0:
        return -c / (2 * b) if b < 0 else math.inf
    return (-b - math.sqrt(max(b**2 - a * c, 0.0))) / a


@dataclass(frozen=True)
class _Moments:
    """Means, and variances and covariance of the means, of an intercept and a slope."""

    intercept: float
    slope: float
    of_intercept: float
    of_slope: float
    of_both: float

    @classmethod
    def of(cls, intercepts: Sequence[float], slopes: Sequence[float]) -> "_Moments":
        n = len(slopes)
        return cls(
            statistics.fmean(intercepts),
            statistics.fmean(slopes),
            covariance(intercepts, intercepts) / n,
            covariance(slopes, slopes) / n,
            covariance(intercepts, slopes) / n,
        )

    def quadratic(self, t: float) -> tuple[float, float, float]:
        """Return a, b, c of `a N^2 + 2 b N + c`, which is 0 or less where the interval holds zero."""
        a = self.slope**2 - t**2 * self.of_slope
        b = self.intercept * self.slope - t**2 * self.of_both
        return a, b, self.intercept**2 - t**2 * self.of_intercept

    def minus(self, other: "_Moments") -> "_Moments":
        return _Moments(
            self.intercept - other.intercept,
            self.slope - other.slope,
            self.of_intercept + other.of_intercept,
            self.of_slope + other.of_slope,
            self.of_both + other.of_both,
        )


def _fieller(line: _Moments, t: float) -> Interval | None:
    """Return the numbers N with (intercept + N slope)^2 <= t^2 variance(intercept + N slope)."""
    a, b, c = line.quadratic(t)
    if a <= 0:
        return None
    # The crossing itself is such a number, so that a negative root is one of rounding.
    root = math.sqrt(max(b**2 - a * c, 0.0))
    ends = Interval((-b - root) / a, (-b + root) / a)
    return ends if all(map(math.isfinite, ends)) else None


def total(parts: Sequence[tuple[float, Sequence[float]]], resolution: float, shift: float = 0.0) -> Measured:
    """Return a weighted sum of quantities that were read in several boots.

    Quantities of equally many boots are of the same ones and are added boot by boot; those that some boots lack are
    groups of their own.

    Args:
        parts: Weights and values per boot.
        resolution: By how much reading errors can move the sum.
        shift: What is added to it.
    """
    by_count: dict[int, list[float]] = {}
    for weight, values in parts:
        sums = by_count.setdefault(len(values), [0.0] * len(values))
        by_count[len(values)] = [sum_ + weight * value for sum_, value in zip(sums, values, strict=True)]
    groups = [Measured.of(values) for values in by_count.values()]
    variances: tuple[Group, ...] = tuple(group for it in groups for group in it.groups)
    mean = shift + math.fsum(it.mean for it in groups)
    return Measured(mean, variances, min((it.n for it in groups), default=1), resolution)
