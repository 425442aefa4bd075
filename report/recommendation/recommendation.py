"""The guidance: break-even, capacity and decision of a study, for the templates and for guidance.json."""

import json
from dataclasses import asdict, dataclass

from dataset.models import StudyInfo
from dataset.stages import LOAD, vm_stage
from report.data.readings import Readings
from report.recommendation.answer import Answer, answer
from report.recommendation.break_even import BreakEven, break_evens
from report.recommendation.capacity import Capacity, capacity
from report.recommendation.criteria import Criteria, criteria_of
from report.recommendation.decision import Asked, Decision, ask, uses
from report.recommendation.demand import Demand, demands_of
from report.recommendation.results import Results
from report.recommendation.scenario import Scenario


@dataclass(frozen=True)
class Advice:
    """What the guidance says.

    Attributes:
        break_evens: Of every two hypervisors.
        demands: What each hypervisor and its guests take.
        capacity: How many guests fit hosts of several sizes.
        asked: The question with the study's own numbers filled in; None if there is no answer to any.
        answers: One for guests as they were read and one for guests that use all their memory; only the first where
            those that were read did, or were at work; only the latter where guests of another size are asked for.
        criteria: What no meter reads.
        load: The load of the guests whose costs are used; "": they were idle, or were not read at work under every
            hypervisor.
    """

    break_evens: list[BreakEven]
    demands: dict[str, Demand]
    capacity: Capacity
    asked: Asked | None
    answers: tuple[Answer, ...]
    criteria: Criteria
    load: str = ""

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions of the answers."""
        return tuple(it.decision for it in self.answers)

    @property
    def not_fully_used(self) -> list[str]:
        """Hypervisors under which a guest took less than its memory, so that its overhead is unknown."""
        return [provider for provider, each in self.demands.items() if not each.memory_fully_used]


def advise(readings: Readings, study: StudyInfo, found: Results, scenario: Scenario) -> Advice:
    """Work out the guidance.

    Args:
        readings: The study's numbers.
        study: Its `study.json`.
        found: What was worked out from them; the machine's total is the host's size unless another is asked for.
        scenario: What the user asks.

    Raises:
        HvlabError: reference/criteria.toml cannot be read.
    """
    room = scenario.host_disk_mib and scenario.host_disk_mib * 1024.0**2
    at_work = found.loaded.cost_of(list(found.costs)) if found.loaded else {}
    fitted = at_work or found.costs
    stage = vm_stage(found.loaded.guests, LOAD) if found.loaded and at_work else vm_stage(found.guests)
    demands = demands_of(readings, study, fitted, stage, room)
    baseline = found.memory_in_use.baseline
    asked = ask(scenario, demands, found.guests, baseline.total.mean if baseline else None)
    answers: tuple[Answer, ...] = ()
    if asked is not None:
        kinds = uses(demands, asked.guest_mib, at_work=bool(at_work))
        answers = tuple(answer(demands, asked, use, readings.providers) for use in kinds)
    return Advice(
        break_evens(fitted),
        demands,
        capacity(demands),
        asked,
        answers,
        criteria_of(study.hypervisors),
        found.loaded.kind if found.loaded and at_work else "",
    )


def as_json(advice: Advice, study: StudyInfo) -> bytes:
    """Return guidance.json: question, decisions, break-even, capacity and criteria (docs/reference/report.md)."""
    full = [
        {"provider": p, "guest_mib": guest, "host_gib": host, **asdict(fit)}
        for (p, guest, host), fit in advice.capacity.full.items()
    ]
    idle = [{"provider": p, "host_gib": host, **asdict(fit)} for (p, host), fit in advice.capacity.idle.items()]
    document = {
        "schema": 1,
        "study": study.id,
        "asked": None if advice.asked is None else asdict(advice.asked),
        "decisions": [_decision(it) for it in advice.answers],
        "break_even": [_break_even(it) for it in advice.break_evens],
        "capacity": {"guests_that_use_all_memory": full, "guests_as_read": idle},
        "criteria": _criteria(advice.criteria),
        "load": advice.load or None,
    }
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _criteria(criteria: Criteria) -> list[dict[str, object]]:
    return [
        {
            "id": row.id,
            "title": row.title,
            "hypervisors": {
                name: cell.model_dump(exclude_none=True)
                for (row_id, name), cell in criteria.cells.items()
                if row_id == row.id
            },
        }
        for row in criteria.rows
    ]


def _decision(it: Answer) -> dict[str, object]:
    plain = asdict(it.decision)
    for option, given in zip(plain["options"], it.decision.options, strict=True):
        option |= {"interval": None if given.interval is None else given.interval._asdict(), "fits": given.fits}
        option["decided"] = given.decided and {"verdict": given.decided.verdict, "reason": given.decided.reason}
    ways = {"fewer": it.fewer, "more": it.more}
    turns = {way: turn and {"guests": turn[0], **asdict(turn[1])} for way, turn in ways.items()}
    alone = {name: asdict(turn) for name, turn in it.alone.items()}
    fits = {name: asdict(fit) for name, fit in it.fits.items()}
    return plain | {"guests_per_host": fits, "changes": turns | {"alone": alone}}


def _break_even(it: BreakEven) -> dict[str, object]:
    interval = None if it.interval is None else it.interval._asdict()
    plain = {"flat": it.flat, "steep": it.steep, "crossing": it.crossing, "interval": interval, "needs": it.needs}
    return plain | {"guests": it.guests, "always": it.always, "verdict": it.verdict}
