"""What a study's own Table 3 shows beside its numbers: memory that the host's kernel does not see, and rounding."""

from collections.abc import Iterable
from dataclasses import dataclass

from dataset.descriptors import HypervisorInfo
from dataset.stages import guests_at
from report.tables.memory import Table3


@dataclass(frozen=True)
class Hidden:
    """Memory that was free in a hypervisor, which `free` on its host system does not show; MiB.

    Attributes:
        hypervisor: The hypervisor.
        first: By how much the host's total fell for the first guest.
        later: By how much it fell for each later one, on average.
    """

    hypervisor: HypervisorInfo
    first: float
    later: float

    @property
    def amount(self) -> float:
        """What the first guest did not take from the host system, as it was still free in the hypervisor."""
        return self.later - self.first


@dataclass(frozen=True)
class Rounding:
    """Rows of Table 3 in which total is not used + free.

    Attributes:
        rows: How many rows were read.
        off: In how many of them the sum misses.
        most: By how much at most, MiB.
    """

    rows: int
    off: int
    most: float


def hidden_free(table: Table3, hypervisors: Iterable[HypervisorInfo]) -> list[Hidden]:
    """Compute what was free in each hypervisor from the fall of the host's total.

    Args:
        table: Table 3.
        hypervisors: Those of the study.

    Returns:
        One entry for each hypervisor under which the host's total fell by less for the first guest than for each
        later one.
    """
    found = (_hidden(table, it) for it in hypervisors if it.host_memory == "host")
    return [it for it in found if it is not None]


def _hidden(table: Table3, hypervisor: HypervisorInfo) -> Hidden | None:
    totals = [(guests_at(stage), table.total.get((hypervisor.name, stage))) for stage in table.stages]
    read = [(guests, total.mean) for guests, total in totals if total is not None]
    before = [total for guests, total in read if guests == 0]
    up = {guests: total for guests, total in read if guests}
    if not before or 1 not in up or len(up) < 2:
        return None
    last = max(up)
    found = Hidden(hypervisor, first=before[-1] - up[1], later=(up[1] - up[last]) / (last - 1))
    return found if found.first > 0 and found.amount > 0 else None


def rounding(table: Table3) -> Rounding:
    """Count the rows in which total is not used + free, as printed: each is rounded by itself."""
    complete = [key for key in table.total if key in table.used and key in table.free]
    misses = [abs(table.total[key].mean - table.used[key].mean - table.free[key].mean) for key in complete]
    return Rounding(len(complete), sum(miss >= 0.5 for miss in misses), max(misses, default=0.0))
