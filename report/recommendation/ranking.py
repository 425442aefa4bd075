"""Which hypervisor to choose: rankings computed from the data. The sentences are in the templates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dataset.stages import guests_at, vm_stage
from report.data.readings import Estimate, range_of_n
from report.stats.bootstrap import of_difference
from report.stats.tolerance import CPU_POINTS, DISK_SHARE, MEMORY_MIB
from report.tables.cost_model import Cost, break_even
from report.tables.cpu import Table4
from report.tables.disk import Figure9
from report.tables.memory import MemoryInUse


@dataclass(frozen=True)
class Standing:
    """One hypervisor in a ranking: its value, and how far it is behind the best (0 or more, same unit)."""

    provider: str
    value: float
    behind: float


@dataclass(frozen=True)
class Ranking:
    """Hypervisors by one quantity.

    Attributes:
        best: The best, and with it all that the resolution or chance do not distinguish from it.
        others: Those clearly behind the best, in order.
        missing: Hypervisors that were not read.
        resolution: Differences below this are none, in the quantity's unit.
    """

    best: tuple[Standing, ...]
    others: tuple[Standing, ...]
    missing: tuple[str, ...]
    resolution: float

    @property
    def read(self) -> int:
        """Number of hypervisors in the ranking."""
        return len(self.best) + len(self.others)

    @property
    def winner(self) -> str | None:
        """The one hypervisor that is clearly ahead of at least one other and level with none; else None."""
        return self.best[0].provider if len(self.best) == 1 and self.others else None


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
    """All that the guidance paragraph says. Memory in MiB, CPU in percent, disk in bytes."""

    guests: int
    per_guest: Ranking
    at_last: Ranking
    idle: Ranking
    allocated: Ranking
    crossing: Crossing | None
    n: tuple[int, int] | None


def rank(
    values: Mapping[str, float],
    resolution: float,
    *,
    among: Sequence[str],
    highest: bool = False,
    told_apart: Callable[[str, str], bool] = lambda _best, _other: True,
) -> Ranking:
    """Rank hypervisors by one quantity.

    Args:
        values: One number per hypervisor that was read; of two that are equal the first comes first.
        resolution: Two numbers closer than this are level; same unit.
        among: All hypervisors of the study.
        highest: Whether the highest is best; else the lowest.
        told_apart: Whether chance does not account for the difference of two hypervisors; the first is the best.

    Returns:
        The ranking; empty if `values` is.
    """
    sign = -1.0 if highest else 1.0
    ordered = sorted(values.items(), key=lambda item: sign * item[1])
    standings = [Standing(name, value, sign * (value - ordered[0][1])) for name, value in ordered]
    # The best is level with itself also at resolution 0.
    best = tuple(
        s
        for s in standings
        if s.behind < resolution or s.behind == 0 or not told_apart(standings[0].provider, s.provider)
    )
    return Ranking(
        best=best,
        others=tuple(s for s in standings if s not in best),
        missing=tuple(name for name in among if name not in values),
        resolution=resolution,
    )


def rank_estimates(
    estimates: Mapping[str, Estimate], resolution: float, *, among: Sequence[str], highest: bool = False
) -> Ranking:
    """Rank means; two are level if the 95 % interval of their difference holds zero (of one boot there is none)."""

    def told_apart(best: str, other: str) -> bool:
        interval = of_difference(estimates[best].values, estimates[other].values)
        return interval is None or interval.excludes_zero

    return rank(_means(estimates), resolution, among=among, highest=highest, told_apart=told_apart)


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
    idle = {p: cell for p in among if (cell := cpu.cells.get((p, "idle")))}
    allocated = {f.provider: f.allocated for f in disk.folders if f.allocated is not None}
    per_guest = {p: cost.per_guest for p, cost in costs.items()}
    least_allocated = min((e.mean for e in allocated.values()), default=0.0)
    used = (last, idle, allocated, per_guest)
    return Guidance(
        guests=guests,
        per_guest=rank_estimates(per_guest, MEMORY_MIB, among=among),
        at_last=rank_estimates(last, MEMORY_MIB, among=among),
        idle=rank_estimates(idle, CPU_POINTS, among=among, highest=True),
        allocated=rank_estimates(allocated, DISK_SHARE * least_allocated, among=among),
        crossing=_crossing(in_use, costs, guests),
        n=range_of_n(estimate for group in used for estimate in group.values()),
    )


def _in_use_at(in_use: MemoryInUse, guests: int) -> dict[str, Estimate]:
    stage = vm_stage(guests)
    return {provider: cell for (provider, at), cell in in_use.cells.items() if at == stage}


def _means(estimates: Mapping[str, Estimate]) -> dict[str, float]:
    return {provider: estimate.mean for provider, estimate in estimates.items()}


def _crossing(in_use: MemoryInUse, costs: Mapping[str, Cost], guests: int) -> Crossing | None:
    """Find the crossing of the cheapest per guest with the cheapest now, if it lies beyond what was read."""
    here = _in_use_at(in_use, guests)
    now = rank(_means({p: cell for p, cell in here.items() if p in costs}), MEMORY_MIB, among=tuple(costs))
    slopes = rank(_means({p: cost.per_guest for p, cost in costs.items()}), MEMORY_MIB, among=tuple(costs))
    if now.winner is None or slopes.winner is None or now.winner == slopes.winner or in_use.baseline is None:
        return None
    flat, steep = costs[slopes.winner], costs[now.winner]
    level = break_even(flat, steep)
    needs = None if level is None else flat.at(level)
    if level is None or needs is None or level <= guests:
        return None
    if steep.per_guest.mean - flat.per_guest.mean < MEMORY_MIB:
        return None
    return Crossing(flat.provider, steep.provider, level, needs, in_use.baseline.total.mean)
