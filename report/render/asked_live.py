"""What the page needs to decide anew: the rules as a script, and what each hypervisor takes."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from types import ModuleType
from typing import get_args

from dataset.models import StudyInfo
from report.data.readings import Estimate
from report.inference import intervals, lines, resolution, verdicts
from report.recommendation import answer, capacity, decision, demand, scenario
from report.recommendation.decision import Why
from report.recommendation.demand import Demand
from report.recommendation.recommendation import Advice
from report.render.javascript import translate

_RULES: Mapping[ModuleType, tuple[str, ...]] = {
    resolution: ("MEMORY_MIB", "CPU_POINTS", "DISK_SHARE", "of_line"),
    intervals: ("LEVEL", "Interval", "Group", "Measured", "covariance", "quantile"),
    lines: ("reaching", "_lower_end", "_Moments", "_fieller", "total"),
    verdicts: ("_EPSILON", "Verdict", "Decided", "differ", "within", "at_most", "_apart"),
    scenario: ("RESOURCES", "Weights"),
    demand: ("Fit", "Demand"),
    capacity: ("fit_on", "_memory"),
    decision: (
        *(
            "Asked",
            "Option",
            "Decision",
            "uses",
            "decide",
            "_behind",
            "_fit",
            "_judge",
            "_reason",
            "_is_bound",
            "_uncounted",
        ),
        *("_memory", "_parts", "_shares", "_score", "_resolution"),
    ),
    answer: ("MOST_GUESTS", "Turn", "Answer", "answer", "_fit", "_only", "_turn", "_differs"),
}


@cache
def rules() -> str:
    """Return the rules of the decision as one JavaScript expression, translated from those of the paper."""
    return translate(_RULES)


def live_data(advice: Advice, study: StudyInfo) -> dict[str, object] | None:
    """Return what the page decides upon, as JSON has it; None where no question can be answered.

    Args:
        advice: The study's own question, and what its hypervisors take.
        study: Its `study.json`.
    """
    if advice.asked is None or not advice.answers:
        return None
    return {
        "asked": asdict(advice.asked),
        "demands": [as_given(it) for it in advice.demands.values()],
        "providers": [it.name for it in study.hypervisors],
        "titles": {it.name: it.title for it in study.hypervisors},
        "whys": get_args(Why),
        "at_work": bool(advice.load),
    }


def as_given(demand: Demand) -> dict[str, object]:
    """Return a demand as the script's `Demand` is made of it."""
    return {field.name: _plain(getattr(demand, field.name)) for field in fields(demand)}


def _plain(value: object) -> object:
    if isinstance(value, Estimate):
        return {"mean": value.mean, "n": value.n, "values": value.values}
    return value
