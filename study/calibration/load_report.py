"""What a load tells of itself, as a capture and as numbers."""

from datetime import UTC, datetime

from dataset.calibration import Given
from lab.guests.load_generator import Given as Told
from study.calibration import cpu_window
from study.calibration.expectation import Step
from study.measure.collector import Output


def as_output(known: Step, told: Told) -> Output:
    """Make the load's own line a capture like any other."""
    command = f"lab/guests/load.pl in the {known.where}: burn {known.applied:g}"
    return Output(command, 0, datetime.now(UTC), told.wall_s, f"{told.line}\n".encode(), b"")


def as_given(known: Step, told: Told) -> Given:
    """Put what a load says of itself in percent of one CPU."""
    ticks = cpu_window.Window(told.wall_s, told.before, told.after)
    return Given(
        provider=known.provider,
        step=known.name,
        asked_percent=known.applied,
        own_percent=round(100 * told.own_s / told.wall_s, 2),
        ticks_percent=round(ticks.percent_of_one(), 2) if known.where == "guest" else None,
        seconds=round(told.wall_s, 2),
    )
