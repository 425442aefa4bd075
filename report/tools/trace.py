"""From a number in the paper back to what was printed on the lab host."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from core.errors import HvlabError
from dataset import Dataset
from dataset.descriptors import HypervisorInfo
from dataset.models import StudyInfo
from dataset.stages import is_stage, stages_up_to
from report.data.readings import Readings
from report.data.sources import capture_info
from report.tables.cost_model import costs
from report.tables.cpu import ROWS as CPU_ROWS
from report.tables.cpu import table_4
from report.tables.memory import MemoryInUse, comparable


@dataclass(frozen=True)
class Origin:
    """One row of measurements.csv behind a number, and the capture that it was read from.

    Attributes:
        repeat: Which boot.
        meter: Name of the meter.
        metric: Name of the number within it.
        value: As in measurements.csv.
        unit: Its unit.
        capture: Path in the study's folder.
        command: What was run; empty where the study does not record it (published numbers).
        sha256: Of the capture; empty likewise.
        line: The row's line in measurements.csv, from 2.
    """

    repeat: int
    meter: str
    metric: str
    value: float
    unit: str
    capture: str
    command: str
    sha256: str
    line: int


@dataclass(frozen=True)
class Place:
    """A number in the paper.

    Attributes:
        table: Table or figure.
        provider: Name as in data.
        stage: Name as in data; None where the number has none.
        number: Which number of the table.
        title: The hypervisor's name in print.
    """

    table: str
    provider: str
    stage: str | None
    number: str
    title: str


@dataclass(frozen=True)
class Trace:
    """A number, how it comes about, and its rows.

    Attributes:
        place: Where it is printed.
        value: The number in the paper, before it is rounded.
        unit: Its unit.
        derivation: How it is worked out of the rows.
        origins: The rows, by stage and repeat.
    """

    place: Place
    value: float
    unit: str
    derivation: str
    origins: tuple[Origin, ...]


@dataclass(frozen=True)
class _Table:
    """Which numbers a table has: by its columns the meter's metrics, the unit, and how they are put together."""

    columns: dict[str, str]
    meter: str
    unit: str
    staged: bool


_TABLES = {
    "table 3": _Table({"total": "total", "used": "paper_used", "free": "paper_free"}, "free", "MiB", staged=True),
    "table 4": _Table({name: name for name in CPU_ROWS}, "mpstat", "percent", staged=False),
    "figure 9a": _Table({"apparent": "apparent", "allocated": "allocated"}, "disk", "B", staged=False),
}
_ALIASES = {"figure 6": "table 3", "figure 8": "table 4", "figure 9b": "figure 9a", "table 9c": "figure 9a"}
_WORKED_OUT = {"table 3a": ("taken",), "table 3b": ("per guest", "fixed")}
_STAGE = re.compile(r"vm[ _]?([0-9]+)")


def parse_place(text: str, hypervisors: Sequence[HypervisorInfo]) -> Place:
    """Read `Table 3, NAME, VM-4, used`: table, hypervisor, stage, number; Tables 3b, 4 and 9 have no stage to name.

    Args:
        text: The place, as the paper has it.
        hypervisors: Those of the study; their names in data and in print are known.

    Raises:
        HvlabError: A part is not known; the hint lists the known ones.
    """
    example = f'"Table 3, {hypervisors[-1].title}, VM-4, used"' if hypervisors else '"Table 3, NAME, VM-4, used"'
    names = {word.lower(): it for it in hypervisors for word in (it.title, it.name)}
    parts = [part.strip().lower() for part in text.split(",") if part.strip()]
    if not parts:
        raise HvlabError("nothing to trace", f"for example {example}", code="unknown-number")
    known = sorted({*_TABLES, *_ALIASES, *_WORKED_OUT})
    table = _ALIASES.get(parts[0], parts[0])
    if table not in _TABLES and table not in _WORKED_OUT:
        raise HvlabError(
            f"no numbers can be traced in {parts[0]!r}", f"one of {', '.join(known)}", code="unknown-number"
        )
    named = next((part for part in parts[1:] if part in names), None)
    stage = next((part for part in parts[1:] if is_stage(part)), None)
    rest = [part for part in parts[1:] if part not in (named, stage)]
    numbers = list(_WORKED_OUT[table] if table in _WORKED_OUT else _TABLES[table].columns)
    number = rest[0] if rest else numbers[0] if len(numbers) == 1 or table in _WORKED_OUT else None
    if named is None or len(rest) > 1 or number not in numbers:
        near = [word for part in rest for word in _near(part, [*numbers, *names])]
        meant = f"did you mean {near[0]}? " if near else ""
        titles = ", ".join(it.title for it in hypervisors)
        raise HvlabError(
            f"cannot tell which number {text!r} is",
            f"{meant}{titles}; {', '.join(numbers)}: {example}",
            code="unknown-number",
        )
    staged = table == "table 3a" or (table in _TABLES and _TABLES[table].staged)
    if staged and stage is None:
        raise HvlabError(f"{text!r} names no stage", f"for example {example}", code="unknown-number")
    return Place(table, names[named].name, stage if staged else None, number, names[named].title)


def _near(part: str, known: Sequence[str]) -> list[str]:
    """Return what a part of a place that is not known may have meant."""
    stage = _STAGE.fullmatch(part)
    return [f"VM-{stage[1]}"] if stage else difflib.get_close_matches(part, known, 1)


class Sources:
    """What numbers are traced in: a study, with what is worked out once for all of its numbers."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.readings = Readings(dataset.measurements, dataset.study)

    @cached_property
    def in_use(self) -> MemoryInUse:
        """The comparable memory."""
        return comparable(self.readings, stages_up_to(self.dataset.study.parameters.guests))


def places(study: StudyInfo) -> Iterator[Place]:
    """List the numbers that can be traced, also such as a study did not read."""
    stages = stages_up_to(study.parameters.guests)
    tables = {name: (tuple(table.columns), table.staged) for name, table in _TABLES.items()}
    tables |= {name: (numbers, name == "table 3a") for name, numbers in _WORKED_OUT.items()}
    for table, (numbers, staged) in tables.items():
        for it in study.hypervisors:
            for stage in stages if staged else (None,):
                for number in numbers:
                    yield Place(table, it.name, stage, number, it.title)


def trace(sources: Sources, place: Place) -> Trace:
    """Follow a number back to its rows and captures.

    Args:
        sources: The study.
        place: The number.

    Raises:
        HvlabError: It was not read in this study, or a capture's index is damaged.
    """
    if place.table in _WORKED_OUT:
        return _comparable(sources, place)
    table = _TABLES[place.table]
    dataset, readings = sources.dataset, sources.readings
    stages = readings.stages(place.provider, table.meter)
    stage = place.stage or (stages[-1] if stages else "")
    if place.number == "rest":
        return _rest(dataset, readings, replace(place, stage=stage))
    metric = table.columns[place.number]
    origins = _origins(dataset, place.provider, stage, [(table.meter, metric)])
    estimate = readings.estimate(place.provider, stage, table.meter, metric, table.unit)
    if estimate is None:
        raise _not_read(dataset, place)
    derivation = "as read" if estimate.n == 1 else f"mean of {estimate.n} boots"
    return Trace(replace(place, stage=stage), estimate.mean, table.unit, derivation, origins)


def _rest(dataset: Dataset, readings: Readings, place: Place) -> Trace:
    stage, shares = place.stage or "", [row for row in CPU_ROWS if row != "rest"]
    value = table_4(readings, stage, cpus=None).cells.get((place.provider, "rest")) if stage else None
    if value is None:
        raise _not_read(dataset, place)
    origins = _origins(dataset, place.provider, stage, [("mpstat", row) for row in shares])
    how = f"100 - ({' + '.join(shares)}), at least 0, mean over boots"
    return Trace(place, value.mean, "percent", how, origins)


def _comparable(sources: Sources, place: Place) -> Trace:
    dataset, readings, in_use = sources.dataset, sources.readings, sources.in_use
    up = [stage for provider, stage in in_use.free if provider == place.provider and stage.startswith("vm-")]
    stages = [place.stage] if place.stage else [up[0], up[-1]] if len(up) > 1 else []
    origins = tuple(it for stage in stages for it in _free_memory(dataset, readings, in_use, place.provider, stage))
    free = [in_use.free.get((place.provider, stage)) for stage in stages]
    if not free or any(each is None for each in free):
        raise _not_read(dataset, place)
    means = [each for each in free if each is not None]
    what = _formula(readings, in_use, place.provider)
    if place.number == "per guest":
        steps = int(stages[1][3:]) - int(stages[0][3:])
        value = float(((means[0] - means[1]) / steps).dropna().mean())
        how = f"({what} at {stages[0]} - at {stages[1]}) / {steps} guests, mean over boots"
        return Trace(place, value, "MiB", how, origins)
    if in_use.baseline is None:
        raise _not_read(dataset, place)
    total = in_use.baseline.total.mean
    if place.number == "fixed":
        cost = costs(in_use)[place.provider]
        if cost.fixed is None:
            raise _not_read(dataset, place)
        how = (
            f"{total:g} MiB (the machine's total: {in_use.baseline.formula}) - ({what} at {stages[0]})"
            f" - {cost.first} x the cost per guest (from {stages[0]} to {stages[1]}), mean over boots"
        )
        return Trace(place, cost.fixed.mean, "MiB", how, origins)
    how = f"{total:g} MiB (the machine's total: {in_use.baseline.formula}) - ({what}), mean over boots"
    return Trace(place, total - float(means[0].mean()), "MiB", how, origins)


def _free_memory(
    dataset: Dataset, readings: Readings, in_use: MemoryInUse, provider: str, stage: str
) -> tuple[Origin, ...]:
    """Return the rows behind the free memory of the machine at a stage."""
    behind = readings.behind(provider, stage, "machine_free") if in_use.scopes.get(provider) == "machine" else []
    return _origins(dataset, provider, stage, behind or [("free", "paper_free")])


def _formula(readings: Readings, in_use: MemoryInUse, provider: str) -> str:
    info = readings.derived_info(provider, "machine_free") if in_use.scopes.get(provider) == "machine" else None
    return info.formula or info.title if info else "free paper_free"


def _origins(dataset: Dataset, provider: str, stage: str, metrics: Sequence[tuple[str, str]]) -> tuple[Origin, ...]:
    rows = dataset.measurements
    here = rows[(rows["provider"] == provider) & (rows["stage"] == stage)]
    return tuple(_origin(dataset, row) for meter, metric in metrics for row in _matching(here, meter, metric))


def _matching(rows: pd.DataFrame, meter: str, metric: str) -> list[dict[str, object]]:
    found = rows[(rows["meter"] == meter) & (rows["metric"] == metric)].sort_values("repeat")
    return [{"line": int(str(index)) + 2, **{str(k): v for k, v in row.items()}} for index, row in found.iterrows()]


def _origin(dataset: Dataset, row: dict[str, object]) -> Origin:
    capture = str(row["capture"])
    info = capture_info(dataset.folder, capture)
    return Origin(
        repeat=int(str(row["repeat"])),
        meter=str(row["meter"]),
        metric=str(row["metric"]),
        value=float(str(row["value"])),
        unit=str(row["unit"]),
        capture=capture,
        command=info.command if info else "",
        sha256=info.sha256 if info else "",
        line=int(str(row["line"])),
    )


def _not_read(dataset: Dataset, place: Place) -> HvlabError:
    where = f" at {place.stage}" if place.stage else ""
    what = f"{place.number} of {place.title}{where}"
    return HvlabError(
        f"{what} was not read in study {dataset.study.id}", "the paper says so in its place", code="not-read"
    )
