"""Prints a calibration."""

from pathlib import Path

from rich.table import Table

from core.console import cells, result, show
from dataset.calibration import Row, load


def print_table(folder: Path) -> None:
    """Print every row of a calibration with its verdict, and the readings that were repeated."""
    calibration = load(folder)
    table = Table(
        "provider", "load", "meter", "metric", "known", "seen", "explained", "error", "allowed", "verdict",
        title=f"Calibration {calibration.id}: memory in MiB, CPU in percent",
    )  # fmt: skip
    for row in calibration.rows:
        table.add_row(
            *cells(
                row.provider,
                f"{row.applied:g} {'MiB' if row.quantity == 'memory' else '%'} on {row.where}",
                f"{row.machine}: {row.meter}",
                row.metric,
                f"{row.known:.2f}" if row.can_see else "cannot see",
                f"{row.seen:.2f}",
                f"{row.explained:.2f}" if row.explained else "",
                f"{row.error:+.2f}",
                f"{row.tolerance + row.resolution:g}",
                _verdict(row),
            )
        )
    show(table, width=140)
    for given in calibration.given:
        result(
            f"{given.provider} {given.step}: asked {given.asked_percent:g} % of one CPU, by the load's own clock"
            f" {given.own_percent:.2f} %"
            + (f", by the guest's ticks {given.ticks_percent:.2f} %" if given.ticks_percent is not None else "")
        )
    for line in calibration.again:
        result(f"repeated: {line}")


def _verdict(row: Row) -> str:
    return "good" if row.passed else "OFF"
