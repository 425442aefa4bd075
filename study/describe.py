"""How study.json describes a study: its title, its hypervisors, meters and factors."""

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from dataset.descriptors import Descriptors, HypervisorInfo, MeterInfo
from hypervisors.registry import all_hypervisors
from lab.factors.registry import describe_factors
from loads.base import Load
from study.meters.registry import all_meters


def descriptors(providers: Sequence[str], factors: Mapping[str, JsonValue], load: Load | None = None) -> Descriptors:
    """Return the descriptors of a new study.

    Args:
        providers: Names of its hypervisors.
        factors: Factor to the value that the study sets.
        load: What the guests do; None: nothing. Of the meters of loads only its own are described.
    """
    own = {program.meter for program in load.programs} if load else set()
    used = [it for it in all_hypervisors().values() if it.name in providers]
    hypervisors = tuple(it.describe() for it in used)
    return Descriptors(
        hypervisors=hypervisors,
        meters=tuple(
            MeterInfo(name=it.name, title=it.title, where=it.where, quantity=it.quantity, work=it.work)
            for it in all_meters()
            if any(it.applies_to(name) for name in providers) and (it.where != "guests" or it.name in own)
        ),
        factors=tuple(describe_factors(factors, hypervisors)),
        derived=tuple(derived for it in used for derived in it.derived()),
    )


def study_title(hypervisors: Sequence[HypervisorInfo]) -> str:
    """Return the title of a study of hypervisors: `Resource usage of A, B and C`."""
    *others, last = (it.title for it in hypervisors)
    return f"Resource usage of {', '.join(others)} and {last}" if others else f"Resource usage of {last}"


def merged_title(title: str, before: Sequence[HypervisorInfo], after: Sequence[HypervisorInfo]) -> str:
    """Return the title of a study whose hypervisors were extended; one that a person has given is kept."""
    return study_title(after) if title == study_title(before) else title


def merged(ours: Descriptors, theirs: Descriptors) -> Descriptors:
    """Join the descriptors of two studies whose runs are merged; what both describe is taken from the first."""
    names = {it.name for it in ours.hypervisors}
    new = tuple(it for it in theirs.hypervisors if it.name not in names)
    meters = {it.name for it in ours.meters}
    return Descriptors(
        hypervisors=(*ours.hypervisors, *new),
        meters=(*ours.meters, *(it for it in theirs.meters if it.name not in meters)),
        factors=tuple(
            it.model_copy(update={"applies": {**other.applies, **it.applies}})
            for it in ours.factors
            for other in [next((each for each in theirs.factors if each.name == it.name), it)]
        ),
        derived=(*ours.derived, *(it for it in theirs.derived if it.hypervisor not in names)),
    )
