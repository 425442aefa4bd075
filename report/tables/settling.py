"""How long the host took to come to rest before each reading."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from dataset.settling import Curve


@dataclass(frozen=True)
class Settled:
    """How long the host took at one stage under one hypervisor: median over repeats in s, and how often it did not."""

    seconds: float
    n: int
    gave_up: int


def settling_times(curves: Iterable[Curve]) -> dict[tuple[str, str], Settled]:
    """Return how long settling took, by hypervisor and stage."""
    groups: dict[tuple[str, str], list[Curve]] = {}
    for curve in curves:
        groups.setdefault((curve.provider, curve.stage), []).append(curve)
    return {
        key: Settled(median(it.seconds for it in group), len(group), sum(it.state != "settled" for it in group))
        for key, group in groups.items()
    }
