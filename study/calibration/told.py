"""What a load tells of itself, as a capture and as numbers."""

from datetime import UTC, datetime

from lab.known import Given as Told
from study.calibration import window
from study.calibration.answer import Step
from study.calibration.record import Given
from study.reading import Output


def as_output(known: Step, told: Told) -> Output:
    """Make the load's own line a capture like any other."""
    command = f"lab/load.pl in the {known.where}: burn {known.applied:g}"
    return Output(command, 0, datetime.now(UTC), told.wall_s, f"{told.line}\n".encode(), b"")


def as_given(known: Step, told: Told) -> Given:
    """Put what a load says of itself in percent of one CPU."""
    ticks = window.Window(told.wall_s, told.before, told.after)
    return Given(
        provider=known.provider,
        step=known.name,
        asked_percent=known.applied,
        own_percent=round(100 * told.own_s / told.wall_s, 2),
        ticks_percent=round(ticks.percent_of_one(), 2) if known.where == "guest" else None,
        seconds=round(told.wall_s, 2),
    )
