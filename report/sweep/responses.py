"""What a sweep is about: the quantities of each cell, one value per boot."""

from collections.abc import Iterator
from dataclasses import dataclass

from dataset import Dataset
from dataset.stages import vm_stage
from report.data.readings import Estimate, Readings
from report.i18n.translate import message
from report.inference.resolution import CPU_POINTS, DISK_SHARE, MEMORY_MIB
from report.recommendation.results import Results, results

_GIB = 1024.0**3


@dataclass(frozen=True)
class Response:
    """A quantity.

    Attributes:
        name: In data.
        title: In print, English.
        short: The same at the head of a column.
        unit: In print.
        digits: Decimals in print.
    """

    name: str
    title: str
    short: str
    unit: str
    digits: int


RESPONSES = (
    Response("taken", message("memory taken from the machine"), message("Memory"), "MiB", 1),
    Response("per-guest", message("memory per guest"), message("Per guest"), "MiB", 1),
    Response("busy", message("CPU time that is not idle"), message("CPU"), "%", 2),
    Response("allocated", message("disk space of all guests"), message("Disk"), "GiB", 2),
)
"""In the order of print; all but the second with all guests up."""


@dataclass(frozen=True)
class Read:
    """A quantity of one cell under one hypervisor.

    Attributes:
        values: One per boot, in the response's unit.
        resolution: The least difference from another one that the meters can tell.
    """

    values: tuple[float, ...]
    resolution: float


def read_cell(dataset: Dataset) -> dict[tuple[str, str], Read]:
    """Return the quantities of a cell's study by hypervisor and response; absent is what was not read.

    Raises:
        HvlabError: The study has no number that the paper uses.
    """
    found = results(dataset, Readings(dataset.measurements, dataset.study))
    return {(provider, name): read for provider, name, read in _read(found, tuple(dataset.titles))}


def _read(found: Results, providers: tuple[str, ...]) -> Iterator[tuple[str, str, Read]]:
    last = vm_stage(found.guests)
    folders = {folder.provider: folder.allocated for folder in found.disk.folders}
    for provider in providers:
        if taken := found.memory_in_use.cells.get((provider, last)):
            yield provider, "taken", Read(taken.values, MEMORY_MIB)
        if cost := found.costs.get(provider):
            yield provider, "per-guest", Read(cost.per_guest.values, cost.slope.resolution)
        if idle := _idle(found, provider):
            yield provider, "busy", Read(tuple(100 - value for value in idle.values), CPU_POINTS)
        if allocated := folders.get(provider):
            gib = tuple(value / _GIB for value in allocated.values)
            yield provider, "allocated", Read(gib, DISK_SHARE * abs(allocated.mean) / _GIB)


def _idle(found: Results, provider: str) -> Estimate | None:
    """Return the machine's idle time; of a hypervisor that shows only a part of the machine, of that part."""
    return found.cpu.machine_idle.get(provider) or found.cpu.cells.get((provider, "idle"))
