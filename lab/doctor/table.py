"""The findings for people."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lab.doctor.finding import Diagnosis, State

_COLOURS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """Print one line for each finding, however long, and one that counts them."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for column in range(3):
        table.add_column(no_wrap=True, overflow="ignore" if column == 2 else "fold")
    for found in diagnosis.findings:
        words = f"{found.seen} -> {found.todo}" if found.todo else found.seen
        there = f"{found.name} ({found.where})" if diagnosis.host.startswith("ssh://") else found.name
        table.add_row(Text(found.state, style=_COLOURS[found.state]), Text(there), Text(words))
    # As wide as its longest line: one finding stays one line also for grep.
    console = Console(highlight=False)
    console.print(table, width=max(console.width, console.measure(table).maximum), soft_wrap=True)
    counts = [f"{sum(found.state is state for found in diagnosis.findings)} {state}" for state in State]
    console.print(f"{diagnosis.host}: {', '.join(counts)}")
