"""The time of each stage of a study, as a table on the terminal."""

from rich.table import Table

from core.console import cells, say, show
from dataset.models import StudyInfo


def print_timings(info: StudyInfo) -> None:
    """Print the time of each stage of a study, and the tool's own share in percent."""
    table = Table("run", "stage", "booting s", "settling s", "reading s", "tool s", title="Time by stage")
    total = own = 0.0
    for entry in info.runs:
        for timing in entry.timings:
            parts = [timing.booting_s or 0, timing.settling_s or 0, timing.reading_s or 0, timing.kit_s or 0]
            total, own = total + sum(parts), own + parts[-1]
            table.add_row(*cells(entry.name, timing.stage, *(f"{part:.1f}" for part in parts)))
    show(table, progress=True)
    if total:
        say(f"{total:.0f} s in all; the tool's own share is {100 * own / total:.1f} %")
