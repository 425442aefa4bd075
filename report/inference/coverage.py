"""How often the intervals hold the true value, by simulation: `./invoke bench --coverage`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from report.inference.intervals import Interval, of_difference, of_mean

_Draw = Callable[[np.random.Generator, tuple[int, int]], np.ndarray]

DISTRIBUTIONS: dict[str, tuple[_Draw, float]] = {
    "normal": (lambda rng, size: rng.normal(0.0, 1.0, size), 0.0),
    "skewed": (lambda rng, size: rng.gamma(4.0, 1.0, size), 4.0),
    "very skewed": (lambda rng, size: rng.exponential(1.0, size), 1.0),
}
"""How boots differ: draws, and their true mean. The gamma distribution has skewness 1, the exponential one 2."""

BOOTS = tuple(range(1, 11))
_SEED = 2011


@dataclass(frozen=True)
class Coverage:
    """What a simulation of many studies found; shares from 0 to 1, of one boot nan.

    Attributes:
        distribution: Of the boots, a key of `DISTRIBUTIONS`.
        n: Boots of each hypervisor.
        mean: How often a mean's interval holds the true mean.
        difference: How often a difference's holds the true difference, where one hypervisor varies three times as much.
        false_difference: How often two equal hypervisors are called different, resolution apart.
    """

    distribution: str
    n: int
    mean: float
    difference: float
    false_difference: float


def coverage(distribution: str, n: int, studies: int) -> Coverage:
    """Simulate studies of two hypervisors; the same numbers every time.

    Args:
        distribution: A key of `DISTRIBUTIONS`.
        n: Boots of each hypervisor.
        studies: How many.
    """
    draw, true = DISTRIBUTIONS[distribution]
    rng = np.random.default_rng([_SEED, n])
    one, other = draw(rng, (studies, n)), draw(rng, (studies, n))
    wide = 3 * other
    means = [_holds(of_mean(each), true) for each in one.tolist()]
    return Coverage(distribution, n, _share(means), _of_pairs(one, wide, -2 * true), 1 - _of_pairs(one, other, 0.0))


def _of_pairs(one: np.ndarray, other: np.ndarray, true: float) -> float:
    pairs = zip(one.tolist(), other.tolist(), strict=True)
    return _share([_holds(of_difference(a, b), true) for a, b in pairs])


def _holds(interval: Interval | None, value: float) -> bool | None:
    return None if interval is None else interval.low <= value <= interval.high


def _share(found: Sequence[bool | None]) -> float:
    known = [it for it in found if it is not None]
    return float(np.mean(known)) if known else float("nan")


def as_lines(studies: int) -> Iterator[str]:
    """Yield the table that the benchmark prints, in percent; of one boot there is no interval."""
    yield f"95 % intervals over boots, {studies} studies each: coverage of a mean, of a difference, and how often"
    yield "two equal hypervisors are called different (percent)"
    yield f"{'boots differ':<14}{'n':>3}{'mean':>8}{'difference':>12}{'false':>8}"
    for distribution in DISTRIBUTIONS:
        for n in BOOTS:
            found = coverage(distribution, n, studies)
            shares = (found.mean, found.difference, found.false_difference)
            mean, difference, false = ("none" if n == 1 else f"{100 * share:.1f}" for share in shares)
            yield f"{distribution:<14}{n:>3}{mean:>8}{difference:>12}{false:>8}"
