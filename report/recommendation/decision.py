"""The computed decision: what share of a host each hypervisor takes for the guests asked for, weighted and compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from report.inference.intervals import Interval, Measured
from report.inference.lines import total
from report.inference.resolution import CPU_POINTS, DISK_SHARE, of_line
from report.inference.verdicts import Decided, Verdict, at_most, differ
from report.recommendation.demand import Demand
from report.recommendation.scenario import RESOURCES, Scenario, Weights

Use = Literal["as-read", "full"]
"""Whether a guest takes of the host what it was read to take (idle), or all the memory that it was given."""
Why = Literal["clear", "chance", "resolution", "fit", "one-boot", "bound", "only-one", "alone", "none-fits", "nothing"]


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
        shares: Share of the host (1 is all of it) by resource, of those that were read.
        score: Weighted mean of those that count; less is better.
        behind: How much more that is than the best option's; 0 for the best, None where the guests do not fit.
        lacks: Resources of which the guests need more than the host has.
        decided: Whether it is behind the best; None for the best, and where the guests do not fit.
        fit: Whether the guests fit the host: of one boot, and near the limit, it cannot be told.
    """

    provider: str
    shares: dict[str, float]
    score: float
    behind: float | None
    lacks: tuple[str, ...]
    decided: Decided | None
    fit: Verdict

    @property
    def fits(self) -> bool:
        """Whether the guests fit on the means."""
        return not self.lacks

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of `behind`; None for the best, for one boot, and where the guests do not fit."""
        return None if self.decided is None else self.decided.interval


@dataclass(frozen=True)
class Decision:
    """The options, best first, and whether the best is clearly so.

    Attributes:
        use: What the guests are taken to use.
        options: The hypervisors of which all that counts was read; those that fit first, then by score.
        winner: The first, if it is clearly ahead; else None.
        why: Why there is a winner or none.
        resolution: Differences of the score below this are none.
        left_out: Resources that do not count, and why: `weight` (it is 0), `unread` (of some hypervisor), or
            `no-partition` (its size is not known).
        uncertain: Hypervisors that are not clearly behind the best.
        missing: Hypervisors without a cost model.
    """

    use: Use
    options: tuple[Option, ...]
    winner: str | None
    why: Why
    resolution: float
    left_out: Mapping[str, str]
    missing: tuple[str, ...]
    uncertain: tuple[str, ...] = ()


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


def uses(demands: Mapping[str, Demand], guest_mib: float, *, at_work: bool) -> tuple[Use, ...]:
    """Return what guests of a size are taken to use.

    Both, unless the guests that were read had used all their memory (both are the same then) or were at work (what
    they take then was read: no bound); guests of another size were not read.
    """
    if any(it.guest_mib != guest_mib for it in demands.values()):
        return ("full",)
    return ("as-read",) if at_work or all(it.memory_fully_used for it in demands.values()) else ("as-read", "full")


def decide(demands: Mapping[str, Demand], asked: Asked, use: Use, providers: Sequence[str]) -> Decision:
    """Work out the decision.

    The score is the weighted mean of the shares of the host's memory, CPU and partition for images. The best is called
    the winner if it differs from each other that may fit (report.inference.verdicts.differ); its resolution is what
    the meters' errors can move the score by, weighted likewise.

    Args:
        demands: What each hypervisor takes, in print order.
        asked: The scenario.
        use: What the guests are taken to use.
        providers: The study's hypervisors.
    """
    missing = tuple(name for name in providers if name not in demands)
    left_out = {name: why for name in RESOURCES if (why := _uncounted(demands, asked, name))}
    counted = [name for name in RESOURCES if name not in left_out]
    if not demands or not counted:
        return Decision(use, (), None, "nothing", 0.0, left_out, missing)
    step = _resolution(demands, asked, counted)
    scores = {p: _score(it, asked, use, counted, step) for p, it in demands.items()}
    shares = {p: _shares(it, asked, use) for p, it in demands.items()}
    means = {p: {name: share.mean for name, share in each.items()} for p, each in shares.items()}
    lacks = {p: tuple(name for name in RESOURCES if means[p].get(name, 0.0) > 1) for p in demands}
    order = sorted(demands, key=lambda p: (bool(lacks[p]), scores[p].mean))
    options = tuple(
        Option(p, means[p], scores[p].mean, *_behind(scores[p], scores[order[0]], lacks[p]), fit=_fit(shares[p]))
        for p in order
    )
    winner, why, uncertain = _judge(
        options, bound=_is_bound(demands, use, counted), one_boot=any(it.n < 2 for it in scores.values())
    )
    return Decision(use, options, winner, why, step, left_out, missing, uncertain)


def _behind(
    mine: Measured, best: Measured, lacks: tuple[str, ...]
) -> tuple[float | None, tuple[str, ...], Decided | None]:
    """Return how far a score is behind the best, what the host lacks, and whether it is behind."""
    if lacks:
        return None, lacks, None
    return mine.mean - best.mean, lacks, None if mine is best else differ(mine, best)


def _fit(shares: Mapping[str, Measured]) -> Verdict:
    found = [at_most(share, 1.0).verdict for share in shares.values()]
    if Verdict.NO in found:
        return Verdict.NO
    return Verdict.YES if all(it is Verdict.YES for it in found) else Verdict.CANNOT_TELL


def _judge(options: Sequence[Option], *, bound: bool, one_boot: bool) -> tuple[str | None, Why, tuple[str, ...]]:
    """Return the winner, why there is one or none, and who is not clearly behind the best."""
    if not options[0].fits:
        return None, "none-fits", ()
    if len(options) == 1:
        return None, "alone", ()  # ahead of none
    if bound:
        return None, "bound", ()
    # One of which it cannot be told whether the guests fit is no loser by that.
    doubtful = [it for it in options[1:] if not it.fits and it.fit is not Verdict.NO]
    rivals = [it for it in options[1:] if it.decided is not None]
    if not rivals and not doubtful and options[0].fit is Verdict.YES:
        return options[0].provider, "only-one", ()
    open_ones = [it for it in rivals if it.decided and it.decided.verdict is not Verdict.YES]
    if not open_ones and not doubtful and rivals and options[0].fit is not Verdict.NO:
        return options[0].provider, "clear", ()
    return None, _reason(open_ones, one_boot=one_boot), tuple(it.provider for it in (*open_ones, *doubtful))


def _reason(rivals: Sequence[Option], *, one_boot: bool) -> Why:
    reasons = {it.decided.reason or "resolution" for it in rivals if it.decided}
    order: tuple[Why, ...] = ("one-boot", "chance", "resolution")
    return next((why for why in order if why in reasons), "one-boot" if one_boot else "fit")


def _is_bound(demands: Mapping[str, Demand], use: Use, counted: Sequence[str]) -> bool:
    """Return whether memory counts and some guests had not used theirs: their overhead is unknown, not 0."""
    unknown = any(not it.memory_fully_used for it in demands.values())
    return use == "full" and "memory" in counted and unknown


def _uncounted(demands: Mapping[str, Demand], asked: Asked, resource: str) -> str:
    """Return why a resource does not count; empty if it does."""
    if not asked.weights.of(resource):
        return "weight"
    if resource == "cpu" and any(it.cpu is None for it in demands.values()):
        return "unread"
    if resource == "disk" and any(it.disk is None for it in demands.values()):
        return "unread"
    if resource == "disk" and any(it.disk_room is None for it in demands.values()):
        return "no-partition"
    return ""


_Part = tuple[float, Sequence[float]]


def _memory(demand: Demand, asked: Asked, use: Use) -> list[_Part]:
    per_guest: Sequence[float] = demand.as_read.values
    if use == "full" or asked.guest_mib != demand.guest_mib:
        per_guest = demand.values_at(asked.guest_mib)
    return [(1 / asked.host_mib, demand.fixed.values), (asked.guests / asked.host_mib, per_guest)]


def _parts(demand: Demand, asked: Asked, use: Use) -> dict[str, tuple[list[_Part], float]]:
    """Return the weights and values per boot whose sum is the share of each resource, and what is added to it."""
    found: dict[str, tuple[list[_Part], float]] = {"memory": (_memory(demand, asked, use), 0.0)}
    if demand.cpu is not None:
        # Guests that seem to give CPU back take none.
        none = -min(demand.cpu.mean, 0.0) * asked.guests
        found["cpu"] = ([(asked.guests / 100, demand.cpu.values)], (100 - demand.cpu_room + none) / 100)
    if demand.disk is not None and demand.disk_room is not None:
        found["disk"] = ([(asked.guests / demand.disk_room, demand.disk.values)], 0.0)
    return found


def _shares(demand: Demand, asked: Asked, use: Use) -> dict[str, Measured]:
    return {name: total(parts, 0.0, shift) for name, (parts, shift) in _parts(demand, asked, use).items()}


def _score(demand: Demand, asked: Asked, use: Use, counted: Sequence[str], step: float) -> Measured:
    whole = sum(asked.weights.of(name) for name in counted)
    parts: list[_Part] = []
    shift = 0.0
    for name, (each, added) in _parts(demand, asked, use).items():
        if name in counted:
            weight = asked.weights.of(name) / whole
            parts += [(weight * factor, values) for factor, values in each]
            shift += weight * added
    return total(parts, step, shift)


def _resolution(demands: Mapping[str, Demand], asked: Asked, counted: Sequence[str]) -> float:
    """Return by how much the meters' errors can move a score: as far as the number of guests is beyond those read."""
    disk = [
        DISK_SHARE * asked.guests * it.disk.mean / it.disk_room
        for it in demands.values()
        if it.disk is not None and it.disk_room is not None
    ]
    lines = [of_line(asked.guests, it.first, it.last) for it in demands.values()]
    reach = max(asked.guests / min(it.last for it in demands.values()), 1.0)
    steps = {"memory": max(lines) / asked.host_mib, "cpu": CPU_POINTS / 100 * reach, "disk": min(disk, default=0.0)}
    whole = sum(asked.weights.of(name) for name in counted)
    return sum(asked.weights.of(name) * steps[name] for name in counted) / whole
