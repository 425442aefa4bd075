"""Prints the table, and where the time of `lab.up` goes."""

from collections.abc import Iterable, Mapping

from rich.table import Table

from core.console import cells, show
from lab.bench.bring_up import BringUp
from study.bench.rows import Row

# Of Vagrant's actions those are printed that take as long, seconds.
_SHOWN_S = 1


def print_rows(rows: Iterable[Row], before: Mapping[str, float]) -> None:
    """Print rows, each against its floor and its usual ratio.

    Args:
        rows: The rows.
        before: By row, what its ratio to the floor usually is here.
    """
    table = Table("what", "s", "floor s", "ratio", "usual ratio", "floor", title="Against the floor")
    for row in rows:
        floor = "" if row.floor_s is None else f"{row.floor_s:.2f}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        usual = f"{before[row.name]:.2f}" if row.name in before else ""
        table.add_row(*cells(row.name, f"{row.seconds:.2f}", floor, ratio, usual, row.floor))
    show(table)


def print_bring_up(found: BringUp) -> None:
    """Print what `lab.up` of a guest spends its time with."""
    table = Table("action", "s", title=f"lab.up of a guest under {found.provider}, median of {found.times}")
    shown = {name: seconds for name, seconds in found.actions.items() if seconds >= _SHOWN_S}
    for name, seconds in shown.items():
        table.add_row(*cells(name, f"{seconds:.0f}"))
    table.add_row(*cells("everything else", f"{max(0.0, found.up_s - sum(shown.values())):.0f}"))
    table.add_row(*cells("in all", f"{found.up_s:.0f}"))
    table.add_row(*cells("started by the hypervisor's own tool", f"{found.bare_s:.0f}"))
    show(table)
