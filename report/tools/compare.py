"""Two studies side by side: what changed in numbers, with intervals, and in parameters and versions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dataset import Dataset
from dataset.models import StudyInfo
from dataset.stages import stages_up_to
from report.data.readings import Readings
from report.i18n.labels import printed_stage
from report.inference.resolution import resolution_of
from report.inference.verdicts import Decided, Verdict, differ
from report.recommendation.results import results
from report.replication.comparison import Amount, amount_of, measured
from report.tables.quantities import UNITS, Quantities
from report.tools.versions import VersionChange, versions_of

_AT_EVERY_STAGE = ("total", "used", "free", "taken", "idle", "user", "sys")
_WITHOUT_STAGE = ("per-guest", "fixed", "machine-idle", "apparent", "allocated", "boot")
_NOT_ABOUT_THE_METHOD = ("environment.controller", "environment.images", "parameters.seed")


@dataclass(frozen=True)
class Change:
    """A number of two studies.

    Attributes:
        quantity: Its name, a key of `report.quantities.UNITS`.
        provider: Name as in data.
        stage: Name as in data; None where it has none.
        before: In the first study; None if not read.
        after: In the second; None likewise.
        decided: Whether after and before differ, with the difference and its 95 % interval; None if one is missing.
    """

    quantity: str
    provider: str
    stage: str | None
    before: Amount | None
    after: Amount | None
    decided: Decided | None

    @property
    def changed(self) -> bool:
        """Whether it has clearly changed, or only one of the two studies read it."""
        return self.decided is None or self.decided.verdict is Verdict.YES

    @property
    def open(self) -> bool:
        """Whether it cannot be told if it has changed."""
        return self.decided is not None and self.decided.verdict is Verdict.CANNOT_TELL


@dataclass(frozen=True)
class Comparison:
    """What differs between two studies.

    Attributes:
        changes: All numbers that one of the studies has.
        settings: The settings in which they differ, with both values.
        versions: Versions behind the numbers, by hypervisor.
    """

    changes: tuple[Change, ...]
    settings: tuple[tuple[str, str, str], ...]
    versions: Mapping[str, tuple[VersionChange, ...]]


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
    one, other = quantities(before), quantities(after)
    guests = max(before.study.parameters.guests, after.study.parameters.guests)
    found = [_change(one, other, q, p, s) for q, s in asked_of(guests) for p in _titles(before, after)]
    versions = {name: versions_of(name, before.study, after.study) for name in _titles(before, after)}
    return Comparison(tuple(it for it in found if it is not None), _settings(before.study, after.study), versions)


def asked_of(guests: int) -> list[tuple[str, str | None]]:
    """List the numbers that are compared, in order: a quantity, and its stage or None.

    Args:
        guests: The most guests of the studies.
    """
    asked: list[tuple[str, str | None]] = [(q, s) for q in _AT_EVERY_STAGE for s in stages_up_to(guests)]
    return asked + [(q, None) for q in _WITHOUT_STAGE]


def judge(quantity: str, before: pd.Series, after: pd.Series) -> Decided:
    """Decide whether a quantity, one value per boot, differs after from before."""
    step = resolution_of(UNITS[quantity], min(abs(float(before.mean())), abs(float(after.mean()))))
    return differ(measured(after, step), measured(before, step))


def _titles(*datasets: Dataset) -> dict[str, str]:
    """Return the names in print of all hypervisors of some studies, in the order of the first that has them."""
    titles: dict[str, str] = {}
    for it in (it for dataset in datasets for it in dataset.study.hypervisors):
        titles.setdefault(it.name, it.title)
    return titles


def quantities(dataset: Dataset) -> Quantities:
    """Return the quantities of a study.

    Raises:
        HvlabError: It has no number that the paper uses.
    """
    readings = Readings(dataset.measurements, dataset.study)
    found = results(dataset, readings)
    cpus = dataset.study.lab_host("vcpus")
    known = cpus if isinstance(cpus, int) else None
    return Quantities(readings, found.memory_in_use, found.costs, known, dataset.study.parameters.guest_memory_mib)


def _change(one: Quantities, other: Quantities, quantity: str, provider: str, stage: str | None) -> Change | None:
    a, b = one.values(quantity, provider, stage), other.values(quantity, provider, stage)
    before, after = (None if each is None else amount_of(each) for each in (a, b))
    if a is None or b is None:
        if before is None and after is None:
            return None
        return Change(quantity, provider, stage, before, after, None)
    return Change(quantity, provider, stage, before, after, judge(quantity, a, b))


def _settings(before: StudyInfo, after: StudyInfo) -> tuple[tuple[str, str, str], ...]:
    one, other = settings_of(before), settings_of(after)
    return tuple(
        (name, one.get(name, "unknown"), other.get(name, "unknown"))
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name)
    )


def settings_of(study: StudyInfo) -> dict[str, str]:
    """Return the parameters and the environment of a study by dotted name, but for what is not about the method."""
    flat: dict[str, str] = {}

    def add(name: str, value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                add(f"{name}.{key}", inner)
        elif not name.startswith(_NOT_ABOUT_THE_METHOD):
            flat[name] = str(value)

    add("parameters", study.parameters.model_dump())
    add("environment", study.environment.model_dump())
    return flat


def as_text(before: Dataset, after: Dataset, found: Comparison) -> str:
    """Return what `report.compare` prints: by hypervisor what an upgrade costs, then the settings that differ."""
    changed = [it for it in found.changes if it.changed]
    unclear = [it for it in found.changes if it.open]
    same = len(found.changes) - len(changed) - len(unclear)
    heading = f"{before.study.id} -> {after.study.id}"
    lines = [
        f"{heading}: of {len(found.changes)} numbers {len(changed)} changed, {same} did not, "
        f"{len(unclear)} cannot be told"
    ]
    for provider, title in _titles(before, after).items():
        versions = ", ".join(str(it) for it in found.versions.get(provider, ())) or "versions unknown"
        lines.append(f"{title} ({versions}):")
        lines += _lines_of(title, [it for it in found.changes if it.provider == provider])
    if any(it.decided and it.decided.reason == "one-boot" for it in unclear):
        lines.append("  a number of one boot has no interval, so chance cannot be told from change: use --repeats")
    if found.settings:
        lines.append(f"settings that differ: {len(found.settings)}")
        lines += [f"  {name}: {one} -> {other}" for name, one, other in found.settings]
    return "\n".join(lines)


def costs(before: Dataset, after: Dataset, quantities_: Sequence[str]) -> tuple[list[str], bool]:
    """Return what is printed of some quantities of two studies, and whether one of them has clearly changed.

    What only one of the studies read is no change of a cost.

    Raises:
        HvlabError: One of them has no number that the paper uses.
    """
    found = [it for it in compare(before, after).changes if it.quantity in quantities_ and it.decided is not None]
    changed = [it for it in found if it.changed]
    unclear = [it for it in found if it.open]
    lines = [
        f"{before.study.id} -> {after.study.id}: of {len(found)} costs {len(changed)} changed, "
        f"{len(found) - len(changed) - len(unclear)} did not, {len(unclear)} cannot be told"
    ]
    titles = _titles(before, after)
    lines += [f"  {_line(it, titles[it.provider])}" for it in changed]
    return lines + [f"  cannot tell: {_line(it, titles[it.provider])}" for it in unclear], bool(changed)


def _lines_of(title: str, changes: Sequence[Change]) -> list[str]:
    """Return the lines of one hypervisor's numbers that changed, or of which that cannot be told."""
    lines = [f"  {_line(it, title)}" for it in changes if it.changed] or ["  no number has clearly changed"]
    unclear = (it for it in changes if it.open)
    return lines + [f"  cannot tell: {_line(it, title)}" for it in unclear if it.decided and it.decided.resolved]


def _line(it: Change, title: str) -> str:
    where = f" at {printed_stage(it.stage)}" if it.stage else ""
    name = f"{title}, {it.quantity}{where}"
    unit = UNITS[it.quantity]
    if it.before is None or it.after is None or it.decided is None:
        there = "first" if it.after is None else "second"
        return f"{name}: only in the {there} study"
    interval = it.decided.interval
    spread = f" (95 %: {interval.low:+.2f} to {interval.high:+.2f})" if interval else ""
    return f"{name}: {it.before.mean:.2f} -> {it.after.mean:.2f} {unit}, {it.decided.amount.mean:+.2f}{spread}"
