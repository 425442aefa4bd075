"""The computed decision: what share of a host each hypervisor takes for the guests asked for, weighted and compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from report.recommendation.demand import Demand
from report.recommendation.resample import resample
from report.recommendation.scenario import RESOURCES, Scenario, Weights
from report.stats.bootstrap import Interval, percentile_interval
from report.stats.tolerance import CPU_POINTS, DISK_SHARE, MEMORY_MIB

Use = Literal["as-read", "full"]
"""Whether a guest takes of the host what it was read to take (idle), or all the memory that it was given."""
Why = Literal["clear", "interval", "resolution", "only-one", "alone", "none-fits", "nothing"]
_GIB = 1024.0**3


@dataclass(frozen=True)
class Asked:
    """The question with all numbers filled in, MiB."""

    weights: Weights
    guests: int
    guest_mib: float
    host_mib: float


@dataclass(frozen=True)
class Option:
    """One hypervisor in a decision.

    Attributes:
        provider: Name as in data.
        shares: Share of the host (1 is all of it) by resource, of those that count.
        score: Their weighted mean; less is better.
        behind: How much more that is than the best option's; 0 for the best.
        interval: The 95 % interval of `behind`; None for the best and for one boot.
        first: Share of the resamples of boots in which it comes first (0 to 1); None for one boot.
        fits: Whether the guests fit the host.
    """

    provider: str
    shares: dict[str, float]
    score: float
    behind: float
    interval: Interval | None
    first: float | None
    fits: bool


@dataclass(frozen=True)
class Decision:
    """The options, best first, and whether the best is clearly so.

    Attributes:
        use: What the guests are taken to use.
        options: The hypervisors of which all that counts was read; those that fit first, then by score.
        winner: The first, if it is clearly ahead; else None.
        why: Why there is a winner or none.
        resolution: Differences of the score below this are none.
        left_out: Resources that do not count, since they were not read of every hypervisor or weigh nothing.
        missing: Hypervisors without a cost model.
    """

    use: Use
    options: tuple[Option, ...]
    winner: str | None
    why: Why
    resolution: float
    left_out: tuple[str, ...]
    missing: tuple[str, ...]


def ask(scenario: Scenario, demands: Mapping[str, Demand], guests: int, host_mib: float | None) -> Asked | None:
    """Fill in what the user left open from the study; None if the study does not record it."""
    if not demands:
        return None
    memory = scenario.host_mib or host_mib
    own = next(iter(demands.values())).guest_mib
    return (
        None
        if memory is None
        else Asked(scenario.weights, scenario.guests or guests, scenario.guest_mib or own, memory)
    )


def decide(demands: Mapping[str, Demand], asked: Asked, use: Use, providers: Sequence[str]) -> Decision:
    """Work out the decision.

    The score is the weighted mean of the shares of the host's memory, CPU and partition for images. The best is called
    the winner if it is ahead of each other that fits by at least the resolution (the errors that the 2011 study states,
    as shares, weighted likewise), and by an interval that excludes zero where there are several boots.

    Args:
        demands: What each hypervisor takes, in print order.
        asked: The scenario.
        use: What the guests are taken to use.
        providers: The study's hypervisors.
    """
    missing = tuple(name for name in providers if name not in demands)
    counted = [r for r in RESOURCES if asked.weights.of(r) and all(_is_known(it, r) for it in demands.values())]
    left_out = tuple(name for name in RESOURCES if name not in counted)
    if not demands or not counted:
        return Decision(use, (), None, "nothing", 0.0, left_out, missing)
    shares = {p: {r: float(v) for r, v in _shares(it, asked, use, _means(it)).items()} for p, it in demands.items()}
    scores = {p: float(_score(shares[p], asked.weights, counted)) for p in demands}
    fits = {p: all(share <= 1 for share in shares[p].values()) for p in demands}
    order = sorted(demands, key=lambda p: (not fits[p], scores[p]))
    drawn = _resampled(demands, asked, use, counted)
    spread = _spread(order, drawn, min(it.as_read.n for it in demands.values()))
    options = tuple(
        Option(p, shares[p], scores[p], scores[p] - scores[order[0]], *spread[p], fits=fits[p]) for p in order
    )
    step = _resolution(demands, asked, counted)
    winner, why = _judge(options, step)
    return Decision(use, options, winner, why, step, left_out, missing)


def _spread(
    order: Sequence[str], drawn: Mapping[str, np.ndarray] | None, n: int
) -> dict[str, tuple[Interval | None, float | None]]:
    """Return the interval of how far each is behind the first, and how often each comes first among the resamples."""
    if drawn is None:
        return dict.fromkeys(order, (None, None))
    lowest = np.min(np.stack(list(drawn.values())), axis=0)
    best = drawn[order[0]]
    return {
        p: (None if p == order[0] else percentile_interval(drawn[p] - best, n), float(np.mean(drawn[p] <= lowest)))
        for p in order
    }


def _judge(options: Sequence[Option], step: float) -> tuple[str | None, Why]:
    if not options[0].fits:
        return None, "none-fits"
    if len(options) == 1:
        return None, "alone"  # ahead of none
    rivals = [it for it in options[1:] if it.fits]
    if not rivals:
        return options[0].provider, "only-one"
    if any(it.behind < step for it in rivals):
        return None, "resolution"
    if any(it.interval is not None and not it.interval.excludes_zero for it in rivals):
        return None, "interval"
    return options[0].provider, "clear"


def _is_known(demand: Demand, resource: str) -> bool:
    return {
        "memory": True,
        "cpu": demand.cpu is not None,
        "disk": demand.disk is not None and demand.disk_room is not None,
    }[resource]


def _means(demand: Demand) -> dict[str, np.ndarray]:
    values = {"fixed": demand.fixed, "as_read": demand.as_read, "cpu": demand.cpu, "disk": demand.disk}
    return {name: np.asarray(value.mean) for name, value in values.items() if value is not None}


def _shares(demand: Demand, asked: Asked, use: Use, of: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the share of the host by resource, from means or from resampled means alike."""
    per_guest = of["as_read"]
    if use == "full" or asked.guest_mib != demand.guest_mib:
        per_guest = asked.guest_mib + np.maximum(of["as_read"] - demand.guest_mib, 0.0)
    found = {"memory": (of["fixed"] + asked.guests * per_guest) / asked.host_mib}
    if "cpu" in of:
        found["cpu"] = asked.guests * np.maximum(of["cpu"], 0.0) / 100 + (100 - demand.cpu_room) / 100
    if "disk" in of and demand.disk_room is not None:
        found["disk"] = asked.guests * of["disk"] / demand.disk_room
    return found


def _score(shares: Mapping[str, object], weights: Weights, counted: Sequence[str]) -> np.ndarray:
    total = sum(weights.of(name) for name in counted)
    return np.asarray(sum(weights.of(name) * np.asarray(shares[name]) for name in counted)) / total


def _resampled(
    demands: Mapping[str, Demand], asked: Asked, use: Use, counted: Sequence[str]
) -> dict[str, np.ndarray] | None:
    if any(it.as_read.n < 2 for it in demands.values()):
        return None
    drawn = resample(demands)
    return {p: _score(_shares(demands[p], asked, use, each), asked.weights, counted) for p, each in drawn.items()}


def _resolution(demands: Mapping[str, Demand], asked: Asked, counted: Sequence[str]) -> float:
    disk = [
        DISK_SHARE * asked.guests * it.disk.mean / it.disk_room
        for it in demands.values()
        if it.disk is not None and it.disk_room is not None
    ]
    steps = {"memory": MEMORY_MIB / asked.host_mib, "cpu": CPU_POINTS / 100, "disk": min(disk, default=0.0)}
    return float(_score(steps, asked.weights, counted))
