"""The time, as study.json has it."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)
