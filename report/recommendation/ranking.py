"""Which hypervisor to choose: rankings computed from the data. The sentences are in the templates."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataset.stages import guests_at, vm_stage
from report.data.readings import Estimate, range_of_n
from report.inference.intervals import Measured
from report.inference.lines import crossing
from report.inference.ranking import Ranking, rank
from report.inference.resolution import CPU_POINTS, DISK_SHARE, MEMORY_MIB, of_slope
from report.tables.cost_model import Cost
from report.tables.cpu import Table4
from report.tables.disk import Figure9
from report.tables.memory import MemoryInUse


@dataclass(frozen=True)
class Crossing:
    """Where the straight lines of two hypervisors cross.

    Attributes:
        flat: Hypervisor that takes less from there on.
        steep: Hypervisor that takes less below.
        guests: Least number of guests at which `flat` takes less.
        needs: Memory that `flat` takes at that number, MiB.
        total: Memory of the machine, MiB.
    """

    flat: str
    steep: str
    guests: int
    needs: float
    total: float


@dataclass(frozen=True)
class Guidance:
    """All that the guidance paragraph says. Memory in MiB, CPU in percent of the machine, disk in bytes.

    Attributes:
        guests: Guests at the last stage.
        per_guest: Cost per guest.
        at_last: Memory taken at the last stage.
        idle: Idle CPU of the whole machine; a hypervisor whose guests' CPU was not read is not in it.
        allocated: Disk that the images occupy.
        per_image: Whether `allocated` is of one image each, since the hypervisors were read at different stages.
        negative: Hypervisors whose cost per guest is 0 or less, which no guest takes; they are not ranked by it.
        crossing: Where the cheapest per guest overtakes the cheapest now.
        n: The least and the greatest number of boots.
    """

    guests: int
    per_guest: Ranking
    at_last: Ranking
    idle: Ranking
    allocated: Ranking
    per_image: bool
    negative: tuple[str, ...]
    crossing: Crossing | None
    n: tuple[int, int] | None


def guide(among: Sequence[str], in_use: MemoryInUse, costs: Mapping[str, Cost], cpu: Table4, disk: Figure9) -> Guidance:
    """Compute the guidance.

    Args:
        among: The study's hypervisors, in print order.
        in_use: Comparable memory.
        costs: The cost model by hypervisor.
        cpu: Table 4, at the last stage.
        disk: The image folders.

    Returns:
        The rankings, each with the hypervisors that were not read.
    """
    guests = guests_at(cpu.stage)
    last = _in_use_at(in_use, guests)
    allocated, per_image = _allocated(disk)
    least_allocated = min((e.mean for e in allocated.values()), default=0.0)
    negative = tuple(p for p, cost in costs.items() if cost.per_guest.mean <= 0)
    slopes = {p: cost for p, cost in costs.items() if p not in negative}
    per_guest = _per_guest(slopes, among)
    at_last = _rank(last, MEMORY_MIB, among)
    used = (last, cpu.machine_idle, allocated, {p: cost.per_guest for p, cost in costs.items()})
    return Guidance(
        guests=guests,
        per_guest=per_guest,
        at_last=at_last,
        idle=_rank(cpu.machine_idle, CPU_POINTS, among, highest=True),
        allocated=_rank(allocated, DISK_SHARE * least_allocated, among),
        per_image=per_image,
        negative=negative,
        crossing=_crossing(in_use, costs, guests, at_last, per_guest),
        n=range_of_n(estimate for group in used for estimate in group.values()),
    )


def _rank(
    estimates: Mapping[str, Estimate], resolution: float, among: Sequence[str], *, highest: bool = False
) -> Ranking:
    measured = {p: it.measured(resolution) for p, it in estimates.items()}
    return rank(measured, resolution, among=among, highest=highest)


def _per_guest(costs: Mapping[str, Cost], among: Sequence[str]) -> Ranking:
    slopes: dict[str, Measured] = {p: cost.slope for p, cost in costs.items()}
    resolution = max((of_slope(cost.first, cost.last) for cost in costs.values()), default=MEMORY_MIB)
    return rank(slopes, resolution, among=among)


def _allocated(disk: Figure9) -> tuple[dict[str, Estimate], bool]:
    """Return what the images occupy, and whether that is of one image each: stages with other guests do not compare."""
    read = {f.provider: (f.allocated, guests_at(f.stage)) for f in disk.folders if f.allocated is not None}
    if len({guests for _, guests in read.values()}) < 2:
        return {p: size for p, (size, _) in read.items()}, False
    return {p: size.over(guests) for p, (size, guests) in read.items() if guests}, True


def _in_use_at(in_use: MemoryInUse, guests: int) -> dict[str, Estimate]:
    stage = vm_stage(guests)
    return {provider: cell for (provider, at), cell in in_use.cells.items() if at == stage}


def _crossing(
    in_use: MemoryInUse, costs: Mapping[str, Cost], guests: int, now: Ranking, slopes: Ranking
) -> Crossing | None:
    """Find the crossing of the cheapest per guest with the cheapest now, if it lies beyond what was read."""
    cheapest_now, cheapest = now.winner or now.lowest_read, slopes.winner or slopes.lowest_read
    if cheapest_now is None or cheapest is None or cheapest_now == cheapest or in_use.baseline is None:
        return None
    flat, steep = costs[cheapest].line, costs[cheapest_now].line if cheapest_now in costs else None
    where = None if flat is None or steep is None else crossing(flat, steep)
    if flat is None or where is None or math.floor(where) + 1 <= guests:
        return None
    level = math.floor(where) + 1
    return Crossing(cheapest, cheapest_now, level, flat.at(level).mean, in_use.baseline.total.mean)
