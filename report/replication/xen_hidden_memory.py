"""What a study's own table shows when it is read again: memory that dom0 does not see, sums that do not come out."""

from dataclasses import dataclass

from dataset.stages import guests_at
from report.tables.memory import Table3


@dataclass(frozen=True)
class Hidden:
    """Memory that lay free in Xen's hypervisor, which `free` in dom0 does not show; MiB.

    Attributes:
        first: By how much dom0's total fell for the first guest.
        later: By how much it fell for each later one, on average.
    """

    first: float
    later: float

    @property
    def amount(self) -> float:
        """What the first guest did not have to take from dom0, since it was still free."""
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


def hidden_free(table: Table3) -> Hidden | None:
    """Work out what lay free in the hypervisor from the fall of dom0's total.

    Args:
        table: Table 3.

    Returns:
        None unless dom0's total fell by less for the first guest than for each later one.
    """
    before = [table.total["xen", s].mean for s in table.stages if guests_at(s) == 0 and ("xen", s) in table.total]
    up = {guests_at(s): table.total["xen", s].mean for s in table.stages if guests_at(s) and ("xen", s) in table.total}
    if not before or 1 not in up or len(up) < 2:
        return None
    last = max(up)
    found = Hidden(first=before[-1] - up[1], later=(up[1] - up[last]) / (last - 1))
    return found if found.first > 0 and found.amount > 0 else None


def rounding(table: Table3) -> Rounding:
    """Count the rows in which total is not used + free, as printed: each is rounded by itself."""
    complete = [key for key in table.total if key in table.used and key in table.free]
    misses = [abs(table.total[key].mean - table.used[key].mean - table.free[key].mean) for key in complete]
    return Rounding(len(complete), sum(miss >= 0.5 for miss in misses), max(misses, default=0.0))
