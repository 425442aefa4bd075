"""The report of a load generator, as a capture and as numbers."""

from datetime import UTC, datetime

from dataset.calibration import Given
from lab.guests.load_generator import LoadReport
from study.calibration import cpu_window
from study.calibration.expectation import Step
from study.measure.collector import Output


def as_output(known: Step, report: LoadReport) -> Output:
    """Return the generator's own line as a capture like any other."""
    command = f"lab/guests/load.pl in the {known.where}: burn {known.applied:g}"
    return Output(command, 0, datetime.now(UTC), report.wall_s, f"{report.line}\n".encode(), b"")


def as_given(known: Step, report: LoadReport) -> Given:
    """Return a generator's report in percent of one CPU."""
    ticks = cpu_window.Window(report.wall_s, report.before, report.after)
    return Given(
        provider=known.provider,
        step=known.name,
        asked_percent=known.applied,
        own_percent=round(100 * report.own_s / report.wall_s, 2),
        ticks_percent=round(ticks.percent_of_one(), 2) if known.where == "guest" else None,
        seconds=round(report.wall_s, 2),
    )
