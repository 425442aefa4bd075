"""Intervals by bootstrap over runs: a run (one boot of the lab host) is the unit that chance acts upon.

The percentile bootstrap is too narrow for few runs: it divides by n where the variance needs n - 1, and takes the
normal distribution's tails for Student's. Both are made good by the expanded percentile interval (Hesterberg, What
Teachers Should Know About the Bootstrap, The American Statistician 69, 2015, section 4.1), whose nominal level is

    1 - 2 Phi(-sqrt(n / (n - 1)) t(0.975, n - 1)).

No bootstrap interval is wider than the runs' own range. That of n runs can therefore hold the true mean in at most
1 - 2^(1-n) of all studies, 75 % for n = 3 and 94 % for n = 5; the paper says so.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

LEVEL = 0.95
# The same numbers give the same interval on every machine.
_SEED = 2011
_RESAMPLES = 9999


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
        """Whether zero lies outside: the difference or slope is significant."""
        return self.low > 0 or self.high < 0


def of_mean(values: Sequence[float]) -> Interval | None:
    """Return the interval of a mean.

    Args:
        values: One value per run; of a slope, one slope per run.

    Returns:
        The interval; None for fewer than two runs, which say nothing about chance.
    """
    if len(values) < 2:
        return None
    ((means,),) = resampled_means([[values]])
    return percentile_interval(means, len(values))


def of_difference(one: Sequence[float], other: Sequence[float]) -> Interval | None:
    """Return the interval of mean(one) - mean(other), whose runs have nothing to do with each other.

    Args:
        one: One value per run.
        other: The same of another provider, in the same unit; there may be more or fewer runs.

    Returns:
        The interval; None if one of them has fewer than two runs.
    """
    least = min(len(one), len(other))
    if least < 2:
        return None
    (means,), (others,) = resampled_means([[one], [other]])
    return percentile_interval(means - others, least)


def resampled_means(samples: Sequence[Sequence[Sequence[float]]]) -> list[np.ndarray]:
    """Return the means of many resamples, for statistics of several quantities that belong to the same runs.

    Args:
        samples: One entry a group of runs that have nothing to do with those of the others (a hypervisor); in it one
            sequence a quantity, with one value per run, the runs in the same order in each.

    Returns:
        One array a group, of quantities x resamples; the same numbers every time.
    """
    rng = np.random.default_rng(_SEED)
    means = []
    for group in samples:
        values = np.asarray(group, dtype=float)
        drawn = rng.integers(values.shape[1], size=(_RESAMPLES, values.shape[1]))
        means.append(values[:, drawn].mean(axis=2))
    return means


def percentile_interval(statistics: np.ndarray, n: int) -> Interval:
    """Return the expanded percentile interval of resamples; `n` is the least number of runs (2 or more)."""
    tail = (1 - expanded_level(n)) / 2
    low, high = np.quantile(statistics, [tail, 1 - tail])
    return Interval(float(low), float(high))


def expanded_level(n: int) -> float:
    """Return the nominal level that gives a percentile interval of `n` runs about 95 %."""
    return 1 - 2 * float(special.ndtr(-math.sqrt(n / (n - 1)) * student(n)))


def student(n: int) -> float:
    """Return Student's quantile for a two-sided interval of `n` runs, in standard errors of their mean."""
    # scipy.special, since scipy.stats takes half a second to import.
    return float(special.stdtrit(n - 1, (1 + LEVEL) / 2))
