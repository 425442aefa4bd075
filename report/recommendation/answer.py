"""The answer on page 1: the decision, how many guests the host holds, and what would change the decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from report.recommendation.capacity import fit_on
from report.recommendation.decision import Asked, Decision, Use, Why, decide
from report.recommendation.demand import Demand, Fit
from report.recommendation.scenario import RESOURCES, Weights

MOST_GUESTS = 200
"""Up to how many guests is looked for another answer."""


@dataclass(frozen=True)
class Turn:
    """Another answer to the same question with one thing changed.

    Attributes:
        winner: The hypervisor that is the choice then; None if there is none.
        why: Why, as in a decision.
    """

    winner: str | None
    why: Why


@dataclass(frozen=True)
class Answer:
    """A decision and what surrounds it.

    Attributes:
        decision: The decision.
        fits: How many guests of the size asked for the host holds, by hypervisor.
        fewer: The greatest smaller number of guests with another answer, and that.
        more: The least greater one.
        looked_up_to: Greatest number of guests that was looked at.
        alone: Other answers if a single resource counts, by its name.
    """

    decision: Decision
    fits: dict[str, Fit]
    fewer: tuple[int, Turn] | None
    more: tuple[int, Turn] | None
    looked_up_to: int
    alone: dict[str, Turn]


def answer(demands: Mapping[str, Demand], asked: Asked, use: Use, providers: Sequence[str]) -> Answer:
    """Decide, and look for what would change the decision: by the same rules, with one thing changed.

    Args:
        demands: What each hypervisor takes, in print order.
        asked: The question.
        use: What the guests are taken to use.
        providers: The study's hypervisors.
    """
    decision = decide(demands, asked, use, providers)
    fits = {name: fit for name, each in demands.items() if (fit := _fit(each, asked, use)) is not None}
    # One more than fits under any: beyond that nothing changes any more.
    most = min(max((fit.guests for fit in fits.values()), default=0) + 1, MOST_GUESTS)

    def with_guests(guests: int) -> Turn:
        return _turn(decide(demands, replace(asked, guests=guests), use, providers))

    own = _turn(decision)
    fewer = ((n, it) for n in range(min(asked.guests - 1, most), 0, -1) if _differs(it := with_guests(n), own))
    more = ((n, it) for n in range(asked.guests + 1, most + 1) if _differs(it := with_guests(n), own))
    counted = [name for name in RESOURCES if name not in decision.left_out]
    alone = {name: _turn(decide(demands, _only(asked, name), use, providers)) for name in counted}
    return Answer(
        decision,
        fits,
        next(fewer, None),
        next(more, None),
        max(most, asked.guests),
        {name: it for name, it in alone.items() if len(counted) > 1 and _differs(it, own)},
    )


def _fit(demand: Demand, asked: Asked, use: Use) -> Fit | None:
    as_read = use == "as-read" and asked.guest_mib == demand.guest_mib
    return fit_on(demand, asked.host_mib, None if as_read else asked.guest_mib)


def _only(asked: Asked, resource: str) -> Asked:
    return replace(asked, weights=Weights(**{name: float(name == resource) for name in RESOURCES}))


def _turn(decision: Decision) -> Turn:
    return Turn(decision.winner, decision.why)


def _differs(one: Turn, other: Turn) -> bool:
    return (one.winner, one.why == "none-fits") != (other.winner, other.why == "none-fits")
