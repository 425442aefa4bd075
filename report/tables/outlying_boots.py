"""Boots that lie far from a hypervisor's others: named, and not left out."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from report.inference.outlying import outlying
from report.inference.resolution import resolution_of
from report.tables.quantities import UNITS, Quantities

_LOOKED_AT = ("taken", "idle", "allocated")


@dataclass(frozen=True)
class OutlyingBoot:
    """A boot and the others of its hypervisor, in the unit of `UNITS`.

    Attributes:
        provider: Name as in data.
        repeat: Which repeat of the study the boot is.
        quantity: Key of `UNITS`.
        value: What it was read to be in this boot.
        median: Of all boots.
        mean: Of all boots: what the tables print.
        mad: Median absolute deviation.
    """

    provider: str
    repeat: int
    quantity: str
    value: float
    median: float
    mean: float
    mad: float


def outlying_boots(quantities: Quantities, stage: str) -> list[OutlyingBoot]:
    """Find them in what hypervisors are ranked by: memory taken and idle CPU at a stage, and allocated disk.

    Args:
        quantities: The study's numbers.
        stage: The last stage.
    """
    names = quantities.readings.providers
    return [it for name in _LOOKED_AT for p in names for it in _of(quantities, name, p, stage)]


def _of(quantities: Quantities, name: str, provider: str, stage: str) -> Iterator[OutlyingBoot]:
    series = quantities.values(name, provider, None if name == "allocated" else stage)
    if series is None:
        return
    values = [float(value) for value in series]
    middle = statistics.median(values)
    mad = statistics.median(abs(value - middle) for value in values)
    for place in outlying(values, resolution_of(UNITS[name], middle)):
        repeat = int(series.index[place])
        yield OutlyingBoot(provider, repeat, name, values[place], middle, statistics.fmean(values), mad)
