"""Intervals by Student's t over boots; a boot of the lab host is the unit that chance acts upon.

The samples of one reading are averaged before they come here: they tell how a meter scatters, and nothing of what the
next boot will show. A mean has Student's interval of n - 1 degrees of freedom; what is put together from independent
groups of boots (a difference of two hypervisors) has Welch's, with the degrees of freedom of Satterthwaite (1946):

    (sum v)^2 / sum (v^2 / df),   v: the variance of each group's mean.

`./invoke bench --coverage` prints how often these intervals hold the true value (docs/reference/report.md).
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from scipy import special

LEVEL = 0.95


class Interval(NamedTuple):
    """The two ends, in the unit of the values."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        """Half the distance between the ends."""
        return (self.high - self.low) / 2

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside."""
        return self.low > 0 or self.high < 0

    def within(self, low: float, high: float) -> bool:
        """Return whether the whole interval lies between two numbers, both included."""
        return low <= self.low and self.high <= high

    def beyond(self, low: float, high: float) -> bool:
        """Return whether no part of the interval lies between two numbers."""
        return self.high < low or high < self.low


class Group(NamedTuple):
    """What one group of boots adds to a sum: the variance of its mean, and the degrees of freedom of that."""

    variance: float
    freedom: int


@dataclass(frozen=True)
class Measured:
    """A mean over boots, or a sum or difference of several, with what chance and the meters leave open.

    Attributes:
        mean: The value, in the quantity's unit.
        groups: The independent groups of boots behind it.
        n: The least number of boots in one of them.
        resolution: By how much the meters' reading errors can move the mean, same unit; not a matter of chance, so
            that more boots do not reduce it.
    """

    mean: float
    groups: tuple[Group, ...] = ()
    n: int = 1
    resolution: float = 0.0

    @classmethod
    def of(cls, values: Sequence[float], resolution: float = 0.0) -> "Measured":
        """Summarise one value per boot.

        Args:
            values: At least one; of a slope, one slope per boot.
            resolution: By how much the reading errors can move it.
        """
        n = len(values)
        groups = (Group(covariance(values, values) / n, n - 1),) if n > 1 else ()
        return cls(statistics.fmean(values), groups, n, resolution)

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval; None where a group has one boot, which says nothing about chance."""
        if self.n < 2:
            return None
        half = quantile(self.freedom) * math.sqrt(self.variance)
        return Interval(self.mean - half, self.mean + half)

    @property
    def variance(self) -> float:
        """The variance of the mean."""
        return math.fsum(it.variance for it in self.groups)

    @property
    def freedom(self) -> float:
        """Satterthwaite's degrees of freedom; those of the smallest group where nothing varies, or without end."""
        total = self.variance
        if not 0 < total < math.inf:
            return min(it.freedom for it in self.groups)
        return 1 / math.fsum((it.variance / total) ** 2 / it.freedom for it in self.groups)

    def __add__(self, other: "Measured") -> "Measured":
        """Return the sum with one whose boots have nothing to do with these; the reading errors add up as well."""
        return Measured(
            self.mean + other.mean,
            self.groups + other.groups,
            min(self.n, other.n),
            self.resolution + other.resolution,
        )

    def minus(self, other: "Measured") -> "Measured":
        """Return the difference; its resolution is the larger one.

        The errors that the 2011 study states are those of a comparison: two readings are apart if they differ by more.
        """
        groups = self.groups + other.groups
        resolution = max(self.resolution, other.resolution)
        return Measured(self.mean - other.mean, groups, min(self.n, other.n), resolution)

    def times(self, factor: float) -> "Measured":
        """Return a multiple."""
        groups = tuple(Group(factor**2 * it.variance, it.freedom) for it in self.groups)
        return Measured(factor * self.mean, groups, self.n, abs(factor) * self.resolution)


def of_mean(values: Sequence[float]) -> Interval | None:
    """Return the interval of a mean; None for fewer than two boots.

    Args:
        values: One value per boot.
    """
    return Measured.of(values).interval if values else None


def of_difference(one: Sequence[float], other: Sequence[float]) -> Interval | None:
    """Return the interval of mean(one) - mean(other), whose boots have nothing to do with each other (Welch).

    Args:
        one: One value per boot.
        other: The same of another hypervisor, in the same unit; there may be more or fewer boots.

    Returns:
        The interval; None if one of them has fewer than two boots.
    """
    return Measured.of(one).minus(Measured.of(other)).interval if one and other else None


def covariance(one: Sequence[float], other: Sequence[float]) -> float:
    """Return the sample covariance of two quantities of the same boots; of one with itself its variance."""
    middle, other_middle = statistics.fmean(one), statistics.fmean(other)
    products = ((a - middle) * (b - other_middle) for a, b in zip(one, other, strict=True))
    return math.fsum(products) / (len(one) - 1)


def quantile(freedom: float) -> float:
    """Return Student's quantile of a two-sided 95 % interval, in standard errors."""
    # scipy.special, since scipy.stats takes half a second to import.
    return float(special.stdtrit(freedom, (1 + LEVEL) / 2))


def student(n: int) -> float:
    """Return the quantile of the interval of a mean of `n` boots, in standard errors."""
    return quantile(n - 1)


def boots_for(half_width: float, sd: float, most: int = 999) -> int | None:
    """Return the least number of boots whose mean has an interval no wider than `half_width` either way.

    t(0.975, n - 1) sd / sqrt(n) <= half_width; None if `most` are not enough.

    Args:
        half_width: In the unit of `sd`, above 0.
        sd: Standard deviation between boots.
        most: Where the search ends.
    """
    found = (n for n in range(2, most + 1) if student(n) * sd / math.sqrt(n) <= half_width)
    return next(found, None)
