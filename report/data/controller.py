"""How busy the machine that ran the lab was with other programs while the stages were read."""

from dataclasses import dataclass

from dataset.models import StudyInfo

# From this share of all its CPUs on, percent, it is called busy.
BUSY_PERCENT = 10


@dataclass(frozen=True)
class BusyMachine:
    """Readings of CPU that were taken on a busy machine.

    Attributes:
        readings: How many.
        of: Of how many in all of which it is known.
        most: The most that other programs used over a reading, percent of all CPUs.
        limit: From what on the machine is called busy, percent.
    """

    readings: int
    of: int
    most: float
    limit: int = BUSY_PERCENT


def busy_machine(study: StudyInfo) -> BusyMachine | None:
    """Return how busy the machine was; None if it was not, or if it was not recorded."""
    timings = [timing for run in study.runs if run.status == "finished" for timing in run.timings]
    shares = [timing.controller_others for timing in timings if timing.controller_others is not None]
    busy = [share for share in shares if share > BUSY_PERCENT]
    return BusyMachine(len(busy), len(shares), max(busy)) if busy else None
