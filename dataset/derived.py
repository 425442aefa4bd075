"""Numbers that a study derives from its measurements, as its `derived` descriptors say: sums of terms."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.errors import HvlabError
from dataset.descriptors import DerivedInfo, Descriptors, Term
from dataset.stages import stage_position

if TYPE_CHECKING:
    import pandas as pd

DERIVED = "derived"
"""The meter of a term that names another derived number."""

COLUMNS = ("hypervisor", "repeat", "stage", "guests", "value", "unit")

_BYTES: Mapping[str, float] = {"MiB": 1024.0 * 1024.0, "KiB": 1024.0, "B": 1.0}
_HINT = "see 'derived' in docs/reference/dataset.md"


@dataclass(frozen=True)
class Summand:
    """A term that names metrics of a meter.

    Attributes:
        meter: Name of the meter.
        metric: Name of the metric; `*` stands for any text.
        but: Metrics that are left out.
        factor: Number by which the sum of the metrics is multiplied, once all are in the unit of the derived number.
    """

    meter: str
    metric: str
    but: tuple[str, ...]
    factor: float

    def names(self, metrics: Iterable[str]) -> list[str]:
        """Return those metrics of the meter that the term sums up, in their order."""
        pattern = ".*".join(map(re.escape, self.metric.split("*")))
        return [name for name in metrics if name not in self.but and re.fullmatch(pattern, name, re.DOTALL)]


def unit_factor(given: str, wanted: str) -> float:
    """Return the number by which a value is multiplied to convert it.

    Raises:
        HvlabError: The units measure different things.
    """
    if given == wanted:
        return 1.0
    if given in _BYTES and wanted in _BYTES:
        return _BYTES[given] / _BYTES[wanted]
    raise HvlabError(f"cannot convert {given} to {wanted}", _HINT, code="invalid-derived-number")


def describe(described: Descriptors, hypervisor: str, name: str) -> DerivedInfo | None:
    """Return how a number is derived under a hypervisor; None if the study does not describe it."""
    return next((it for it in described.derived if (it.hypervisor, it.name) == (hypervisor, name)), None)


def summands(described: Descriptors, info: DerivedInfo) -> tuple[Summand, ...]:
    """Return the metrics that a derived number is the sum of, those of other derived numbers included.

    Raises:
        HvlabError: A term names a derived number that is not described for this hypervisor, one of another unit, or
            the number itself, directly or by way of others.
    """
    return tuple(_expand(described, info, (info.name,)))


def _expand(described: Descriptors, info: DerivedInfo, path: tuple[str, ...]) -> Iterable[Summand]:
    for term in info.terms:
        if term.meter == DERIVED:
            yield from _other(described, info, term, path)
        else:
            yield Summand(term.meter, term.metric, term.but, term.factor)


def _other(described: Descriptors, info: DerivedInfo, term: Term, path: tuple[str, ...]) -> Iterable[Summand]:
    where = f"derived number {info.name} of {info.hypervisor}"
    if term.metric in path:
        raise HvlabError(
            f"{where} is derived from itself: {' -> '.join([*path, term.metric])}", _HINT, code="invalid-derived-number"
        )
    other = describe(described, info.hypervisor, term.metric)
    if other is None:
        raise HvlabError(f"{where}: there is no derived number {term.metric!r}", _HINT, code="invalid-derived-number")
    # Only checked: metrics are converted to the unit of the number that is computed, not by way of others'.
    unit_factor(other.unit, info.unit)
    for each in _expand(described, other, (*path, other.name)):
        yield Summand(each.meter, each.metric, each.but, each.factor * term.factor)


def check_derived(described: Descriptors) -> None:
    """Check the terms of all derived numbers.

    Raises:
        HvlabError: As `summands`, or a term names a meter that the study does not describe.
    """
    meters = {it.name for it in described.meters}
    for info in described.derived:
        for each in summands(described, info):
            if each.meter not in meters:
                raise HvlabError(
                    f"derived number {info.name} of {info.hypervisor}: there is no meter {each.meter!r}",
                    _HINT,
                    code="invalid-derived-number",
                )


def evaluate(measurements: "pd.DataFrame", described: Descriptors, name: str) -> "pd.DataFrame":
    """Compute a derived number.

    A row is there only where every term was read: half a sum would look like memory that is gone. A term with `*`
    was read in a repeat if all metrics were that it stands for at this stage in any repeat.

    Args:
        measurements: The study's numbers.
        described: The study's descriptors.
        name: Name of the derived number.

    Returns:
        Columns `hypervisor`, `repeat`, `stage`, `guests`, `value`, `unit`, in print order of hypervisors, then by
        repeat and stage; empty if nothing was read.

    Raises:
        HvlabError: The study describes no such number, or a term cannot be evaluated.
    """
    import pandas as pd  # noqa: PLC0415  (takes a second, which commands that only write rows need not spend)

    infos = [it for it in described.derived if it.name == name]
    if not infos:
        known = ", ".join(dict.fromkeys(it.name for it in described.derived)) or "none"
        raise HvlabError(f"the study has no derived number {name!r}", f"it has: {known}", code="no-such-derived-number")
    order = {it.name: position for position, it in enumerate(described.hypervisors)}
    found = [row for info in infos for row in _rows(measurements, described, info)]
    found.sort(key=lambda row: (order[str(row[0])], row[1], stage_position(str(row[2]))))
    table = pd.DataFrame(found, columns=list(COLUMNS))
    kinds = {"hypervisor": "str", "repeat": "int64", "stage": "str", "guests": "int64", "value": "float64"}
    return table.astype({**kinds, "unit": "str"})


_Row = tuple[str, int, str, int, float, str]


def _rows(measurements: "pd.DataFrame", described: Descriptors, info: DerivedInfo) -> list[_Row]:
    parts = summands(described, info)
    mine = measurements[
        (measurements["provider"] == info.hypervisor) & measurements["meter"].isin([part.meter for part in parts])
    ]
    # (stage, guests) to meter to metric to repeat to value, in the unit of the derived number.
    values: dict[tuple[str, int], dict[str, dict[str, dict[int, float]]]] = {}
    wanted = ["stage", "guests", "meter", "metric", "repeat", "value", "unit"]
    pairs = dict.fromkeys(zip(mine["meter"].tolist(), mine["metric"].tolist(), strict=True))
    used = {pair for pair in pairs for part in parts if part.meter == pair[0] and part.names([pair[1]])}
    for stage, guests, meter, metric, repeat, value, unit in zip(*(mine[it].tolist() for it in wanted), strict=True):
        if (meter, metric) in used:
            number = value * unit_factor(unit, info.unit)
            values.setdefault((stage, guests), {}).setdefault(meter, {}).setdefault(metric, {})[repeat] = number
    return [
        (info.hypervisor, repeat, stage, guests, total, info.unit)
        for (stage, guests), read in values.items()
        for repeat, total in _sums(parts, read).items()
    ]


def _sums(parts: Collection[Summand], read: Mapping[str, Mapping[str, Mapping[int, float]]]) -> dict[int, float]:
    """Add up the terms at one stage; returns repeat to sum, of the repeats in which all were read."""
    columns = []
    for part in parts:
        metrics = read.get(part.meter, {})
        names = part.names(metrics)
        if not names:
            return {}
        columns += [(part.factor, metrics[name]) for name in names]
    repeats = set[int].intersection(*(set(column) for _, column in columns))
    return {repeat: sum(factor * column[repeat] for factor, column in columns) for repeat in sorted(repeats)}
