"""The factors: what the study set on the lab host, and what each hypervisor's lab host showed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from dataset.descriptors import Effect, FactorInfo
from dataset.models import StudyInfo
from report.data.readings import Readings
from report.i18n.translate import gettext, message

# Factors of the guests: the topology sets them, and nothing reads them back.
_OF_GUESTS = {"session": message("Session in the guests"), "memory_load_mib": message("Memory load in each guest, MiB")}
_WORDS = {"true": message("on"), "false": message("off"), "absent": message("has none")}


@dataclass(frozen=True)
class Row:
    """One factor.

    Attributes:
        name: Name in print.
        asked: The value that the study asked for.
        seen: What each hypervisor's lab host showed; a hypervisor that is missing: not read back.
        without: Hypervisors under which the factor has no effect.
    """

    name: str
    asked: str
    seen: Mapping[str, str]
    without: Collection[str] = ()


@dataclass(frozen=True)
class Without:
    """A factor that has no effect under a hypervisor: its name in print, and why, in words after the title."""

    factor: str
    provider: str
    reason: str


@dataclass(frozen=True)
class EffectSeen:
    """An amount that shows the effect of a factor: its name in print, its unit, and its mean by hypervisor."""

    title: str
    unit: str
    amounts: Mapping[str, float]


@dataclass(frozen=True)
class Factors:
    """The table of the factors, and what the factors did.

    Attributes:
        rows: One for each factor; none for a study without factors.
        providers: The hypervisors that have finished runs with factors, in print order.
        without: Why factors of the table have no effect under a hypervisor.
        effects: What the factors did at the last stage; those that were read.
        host_memory: Hypervisor to the first and the last stage at which the memory of its host system was read, each
            with that memory, MiB, mean over repeats; of hypervisors that give the host a part of the machine.
    """

    rows: tuple[Row, ...]
    providers: tuple[str, ...]
    without: tuple[Without, ...]
    effects: tuple[EffectSeen, ...]
    host_memory: Mapping[str, tuple[tuple[str, float], ...]]


def factors(study: StudyInfo, readings: Readings) -> Factors:
    """Collect the factors of a study."""
    rows = [Row(gettext(it.title), _word(it.value), _seen(study, it.name), _without(it)) for it in study.factors]
    # A study older than a factor of the guests does not have it.
    topology = study.parameters.topology
    rows += [Row(gettext(name), _word(topology[key]), {}) for key, name in _OF_GUESTS.items() if key in topology]
    providers = tuple(p for p in readings.providers if any(run.provider == p and run.factors for run in study.runs))
    reasons = [
        Without(factor.title, it.name, it.without_factors[factor.name])
        for factor in study.factors
        for it in readings.hypervisors
        if it.name in providers and factor.name in it.without_factors
    ]
    effects = [_effect(readings, effect) for factor in study.factors for effect in factor.effects]
    host_memory = {name: _host_memory(readings, name) for name in readings.providers}
    return Factors(
        rows=tuple(rows),
        providers=providers,
        without=tuple(reasons),
        effects=tuple(it for it in effects if it.amounts),
        host_memory={name: ends for name, ends in host_memory.items() if ends},
    )


def _without(factor: FactorInfo) -> list[str]:
    return [name for name, applies in factor.applies.items() if not applies]


def _seen(study: StudyInfo, factor: str) -> dict[str, str]:
    """Map each hypervisor to what its runs showed; every value of runs that differ."""
    found: dict[str, list[str]] = {}
    for run in study.runs:
        if factor in run.factors:
            found.setdefault(run.provider, []).append(_word(run.factors[factor]))
    return {provider: gettext(" or ").join(dict.fromkeys(words)) for provider, words in found.items()}


def _word(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return gettext(_WORDS.get(text, text.replace("-", " ")))


def _host_memory(readings: Readings, provider: str) -> tuple[tuple[str, float], ...]:
    stages = readings.stages(provider)
    ends = [_first_read(readings, provider, order) for order in (stages, stages[::-1])]
    return tuple(dict.fromkeys(end for end in ends if end is not None))


def _first_read(readings: Readings, provider: str, stages: Iterable[str]) -> tuple[str, float] | None:
    found = ((stage, readings.derived(provider, stage, "host_memory", "MiB")) for stage in stages)
    return next(((stage, float(memory.mean())) for stage, memory in found if memory is not None), None)


def _effect(readings: Readings, effect: Effect) -> EffectSeen:
    """Return an effect at each hypervisor's last stage."""
    found = {}
    for provider in readings.providers:
        stages = readings.stages(provider, "factors")
        read = readings.estimate(provider, stages[-1], "factors", effect.metric, effect.read_in) if stages else None
        if read is not None:
            found[provider] = read.mean * effect.scale
    return EffectSeen(effect.title, effect.unit, found)
