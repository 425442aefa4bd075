"""What had to be done again while a study ran: runs, guests, readings and connections, as the journal says."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from dataset.journal import NAME, read_journal


@dataclass(frozen=True)
class SecondAttempts:
    """How often something was repeated, in all runs of a study, those that were given up included.

    Attributes:
        runs: Runs that were begun again.
        guests: Starts of guests beyond the first of each.
        readings: Readings of a stage that were taken again.
        connections: Connections to the lab host or a guest that failed and were made again.
    """

    runs: int = 0
    guests: int = 0
    readings: int = 0
    connections: int = 0

    def __bool__(self) -> bool:
        """Return whether anything was repeated."""
        return bool(self.runs or self.guests or self.readings or self.connections)


def second_attempts(folder: Path) -> SecondAttempts | None:
    """Count the repeated attempts of a study.

    Args:
        folder: The study's folder.

    Returns:
        The counts; None for a study without a journal.

    Raises:
        HvlabError: The journal is damaged.
    """
    events = read_journal(folder / NAME)
    if not events:
        return None
    counts = Counter(event.get("event") for event in events)
    guests = 0
    for event in events:
        attempts = event.get("attempts")
        if event.get("event") == "brought up again" and isinstance(attempts, int):
            guests += attempts - 1
    return SecondAttempts(
        counts["run is begun again"], guests, counts["read again"], counts["connection retried"]
    )  # fmt: skip
