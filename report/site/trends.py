"""The course of a cost over versions or time: points with intervals, and the changes that report/inference finds."""

import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from report.inference.intervals import Interval, of_mean
from report.inference.verdicts import Verdict
from report.site.summary import TRENDS, Summary
from report.tables.quantities import UNITS
from report.tools.compare import judge

DATE = "date"
"""The axis of time; all others are components of which versions are known."""


@dataclass(frozen=True)
class Point:
    """A study's value.

    Attributes:
        key: The study.
        date: Its date, ISO 8601.
        mean: Mean over its boots.
        interval: Its 95 % interval; None for one boot.
        boots: Number of boots.
        versions: Component to version.
    """

    key: str
    date: str
    mean: float
    interval: Interval | None
    boots: int
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """A clear change between two studies that follow each other on an axis.

    Attributes:
        axis: `date`, or a component.
        before: Key of the first study.
        after: Key of the second.
        amount: The difference.
        interval: Its 95 % interval.
    """

    axis: str
    before: str
    after: str
    amount: float
    interval: Interval


@dataclass(frozen=True)
class Series:
    """A quantity of one hypervisor in the studies of one experiment, in the order of their dates.

    Attributes:
        experiment: Word for the experiment (`Summary.experiment`).
        provider: Name of the hypervisor.
        title: Its name in print.
        colour: Its colour; "": none is given.
        quantity: A key of `UNITS`.
        unit: Its unit.
        points: The studies' values.
        axes: `date`, and the components of which each study knows the version.
        sequences: The studies in the order of each axis.
        steps: The changes, for each axis.
    """

    experiment: str
    provider: str
    title: str
    colour: str
    quantity: str
    unit: str
    points: tuple[Point, ...]
    axes: tuple[str, ...]
    sequences: Mapping[str, tuple[str, ...]]
    steps: tuple[Step, ...]


def series_of(summaries: Mapping[str, Summary]) -> list[Series]:
    """Return all series of some studies, by experiment.

    A change is decided between neighbours on an axis by the rule of `report.compare`: the time that this takes grows
    with the number of studies, not with that of pairs. Published and unfinished studies are in none.

    Args:
        summaries: The studies by key.
    """
    groups: dict[tuple[str, str, str], list[str]] = {}
    for key, it in sorted(summaries.items(), key=lambda pair: (pair[1].facts["date"], pair[0])):
        if it.facts["published"] or not it.facts["finished"]:
            continue
        for provider, read in it.trends.items():
            for quantity in (name for name in TRENDS if name in read):
                groups.setdefault((it.experiment, provider, quantity), []).append(key)
    return [_series(*group, {key: summaries[key] for key in keys}) for group, keys in groups.items()]


def _series(experiment: str, provider: str, quantity: str, studies: Mapping[str, Summary]) -> Series:
    last = list(studies.values())[-1]
    title, colour = next((title, colour) for name, title, colour in last.facts["hypervisors"] if name == provider)
    values = {key: pd.Series(it.trends[provider][quantity]) for key, it in studies.items()}
    points = tuple(_point(key, studies[key], provider, values[key]) for key in studies)
    common = [name for name in points[0].versions if all(name in it.versions for it in points)]
    axes = (DATE, *common)
    sequences = {axis: tuple(it.key for it in ordered(points, axis)) for axis in axes}
    steps = tuple(step for axis, keys in sequences.items() for step in _steps(axis, keys, quantity, values))
    return Series(experiment, provider, title, colour, quantity, UNITS[quantity], points, axes, sequences, steps)


def _point(key: str, it: Summary, provider: str, values: pd.Series) -> Point:
    boots = [float(value) for value in values]
    return Point(
        key, it.facts["date"], float(values.mean()), of_mean(boots), len(boots), dict(it.versions.get(provider, ()))
    )


def ordered(points: Iterable[Point], axis: str) -> list[Point]:
    """Return points in the order of an axis; those of one version in the order of their dates."""
    return sorted(points, key=lambda it: (() if axis == DATE else version_key(it.versions[axis]), it.date, it.key))


def _steps(axis: str, keys: Sequence[str], quantity: str, values: Mapping[str, pd.Series]) -> Iterable[Step]:
    for before, after in itertools.pairwise(keys):
        decided = judge(quantity, values[before], values[after])
        if decided.verdict is Verdict.YES and decided.interval is not None:
            yield Step(axis, before, after, decided.amount.mean, decided.interval)


def version_key(version: str) -> tuple[tuple[int, int, str], ...]:
    """Return what versions are ordered by: numbers as numbers, and `~` before everything (Debian policy 5.6.12)."""
    parts = re.findall(r"[0-9]+|~|[^0-9~]+", version)
    found = [(2, int(part), "") if part.isdecimal() else (0 if part == "~" else 3, 0, part) for part in parts]
    return (*found, (1, 0, ""))
