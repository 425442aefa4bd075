"""Two studies side by side: what changed in numbers, with intervals, and in parameters and versions."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dataset import Dataset
from dataset.models import StudyInfo
from dataset.stages import stages_up_to
from report.data.readings import Readings
from report.i18n.labels import printed_stage
from report.recommendation.results import results
from report.replication.verdicts import Amount, amount_of, difference_of
from report.stats.tolerance import resolution
from report.tables.quantities import UNITS, Quantities

_AT_EVERY_STAGE = ("total", "used", "free", "taken", "idle", "user", "sys")
_WITHOUT_STAGE = ("per-guest", "apparent", "allocated")
_NOT_ABOUT_THE_METHOD = ("environment.controller", "parameters.seed")


@dataclass(frozen=True)
class Change:
    """A number of two studies.

    Attributes:
        quantity: Its name, a key of `report.quantities.UNITS`.
        provider: Name as in data.
        stage: Name as in data; None where it has none.
        before: In the first study; None if not read.
        after: In the second; None likewise.
        difference: After less before, with its 95 % interval where both have two boots; None if one is missing.
        changed: Whether it differs by the resolution at least, and its interval, where there is one, excludes zero.
            True where only one of the two studies read it.
    """

    quantity: str
    provider: str
    stage: str | None
    before: Amount | None
    after: Amount | None
    difference: Amount | None
    changed: bool


@dataclass(frozen=True)
class Comparison:
    """All numbers that one of the studies has, and the settings in which they differ."""

    changes: tuple[Change, ...]
    settings: tuple[tuple[str, str, str], ...]


def compare(before: Dataset, after: Dataset) -> Comparison:
    """Compare two studies.

    Args:
        before: The first.
        after: The second.

    Returns:
        Every number of which at least one study has a value, in the paper's order, and every parameter, version and
        part of the environment that is not the same.

    Raises:
        HvlabError: One of them has no number that the paper uses.
    """
    one, other = _quantities(before), _quantities(after)
    guests = max(before.study.parameters.guests, after.study.parameters.guests)
    stages = stages_up_to(guests)
    asked: list[tuple[str, str | None]] = [(q, s) for q in _AT_EVERY_STAGE for s in stages]
    asked += [(q, None) for q in _WITHOUT_STAGE]
    found = [_change(one, other, q, p, s) for q, s in asked for p in _titles(before, after)]
    return Comparison(tuple(it for it in found if it is not None), _settings(before.study, after.study))


def _titles(*datasets: Dataset) -> dict[str, str]:
    """Return the names in print of all hypervisors of some studies, in the order of the first that has them."""
    titles: dict[str, str] = {}
    for it in (it for dataset in datasets for it in dataset.study.hypervisors):
        titles.setdefault(it.name, it.title)
    return titles


def _quantities(dataset: Dataset) -> Quantities:
    readings = Readings(dataset.measurements, dataset.study)
    found = results(dataset, readings)
    return Quantities(readings, found.memory_in_use, found.costs)


def _change(one: Quantities, other: Quantities, quantity: str, provider: str, stage: str | None) -> Change | None:
    a, b = one.values(quantity, provider, stage), other.values(quantity, provider, stage)
    before, after = (None if each is None else amount_of(each) for each in (a, b))
    if a is None or b is None:
        if before is None and after is None:
            return None
        return Change(quantity, provider, stage, before, after, None, changed=True)
    difference = difference_of(b, a)
    return Change(quantity, provider, stage, before, after, difference, _is_change(quantity, a, b, difference))


def _is_change(quantity: str, a: pd.Series, b: pd.Series, difference: Amount) -> bool:
    least = min(abs(float(a.mean())), abs(float(b.mean())))
    if abs(difference.mean) < resolution(quantity, least) or difference.mean == 0:
        return False
    return difference.interval is None or difference.interval.excludes_zero


def _settings(before: StudyInfo, after: StudyInfo) -> tuple[tuple[str, str, str], ...]:
    one, other = _flat(before), _flat(after)
    return tuple(
        (name, one.get(name, "unknown"), other.get(name, "unknown"))
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name) and not name.startswith(_NOT_ABOUT_THE_METHOD)
    )


def _flat(study: StudyInfo) -> dict[str, str]:
    flat: dict[str, str] = {}

    def add(name: str, value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                add(f"{name}.{key}", inner)
        else:
            flat[name] = str(value)

    add("parameters", study.parameters.model_dump())
    add("environment", study.environment.model_dump())
    return flat


def as_text(before: Dataset, after: Dataset, found: Comparison) -> str:
    """Return what `report.compare` prints: the changes, one a line, then the settings that differ."""
    changed = [it for it in found.changes if it.changed]
    heading = f"{before.study.id} -> {after.study.id}"
    if not changed and not found.settings:
        return f"{heading}: no change in {len(found.changes)} numbers"
    lines = [f"{heading}: {len(changed)} of {len(found.changes)} numbers changed"]
    titles = _titles(before, after)
    lines += [f"  {_line(it, titles)}" for it in changed]
    if any(it.difference and it.difference.interval is None for it in changed):
        lines.append("  where no interval is given a study has one boot, and chance cannot be told from change")
    if found.settings:
        lines.append(f"settings that differ: {len(found.settings)}")
        lines += [f"  {name}: {one} -> {other}" for name, one, other in found.settings]
    return "\n".join(lines)


def _line(it: Change, titles: Mapping[str, str]) -> str:
    where = f" at {printed_stage(it.stage)}" if it.stage else ""
    name = f"{titles[it.provider]}, {it.quantity}{where}"
    unit = UNITS[it.quantity]
    if it.before is None or it.after is None:
        there = "first" if it.after is None else "second"
        return f"{name}: only in the {there} study"
    assert it.difference is not None
    interval = it.difference.interval
    spread = f" (95 %: {interval.low:+.2f} to {interval.high:+.2f})" if interval else ""
    return f"{name}: {it.before.mean:.2f} -> {it.after.mean:.2f} {unit}, {it.difference.mean:+.2f}{spread}"
