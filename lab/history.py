"""What things take on this machine: how slow it is since it was booted, and the usual duration of each wait.

One small file in the cache, which all projects of the machine share: JSON with `boot` (the machine's boot identifier),
`factors` (how slow it was, newest last, since that boot) and `seconds` (what was waited for, to its last durations).
"""

import json
import platform
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from core.console import say, step
from core.files import DamagedError, read_record, write_atomic
from core.pace import Pace, factor_of
from core.paths import cache_root

PREFIX = "durations-"
# Of each kind the newest are kept. The slowest of the factors counts: a machine that was busy may be so again.
_FACTORS, _SECONDS = 5, 9


@dataclass
class _Record:
    boot: str = ""
    factors: list[float] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=dict)


def history_file() -> Path:
    """Return the file of this machine."""
    return cache_root() / f"{PREFIX}{platform.node()}"


def boot_id() -> str:
    """Return the identifier of this machine's boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _read() -> _Record:
    """Read the history; a damaged one is begun again, since nothing but estimates depends on it."""
    try:
        record = read_record(history_file(), _Record) or _Record()
    except DamagedError as error:
        say(f"{error.message}; a new one is begun")
        record = _Record()
    return record if record.boot == boot_id() else _Record(boot_id(), [], record.seconds)


def _write(record: _Record) -> None:
    write_atomic(history_file(), json.dumps(asdict(record)).encode())


def note_boot(seconds: float, reference_s: float) -> float:
    """Record how long a lab host took to boot; return how slow the machine is since its own boot, 1 or more.

    Args:
        seconds: What it took.
        reference_s: What it takes on the machine that the time limits were chosen on.
    """
    record = _read()
    record.factors = [*record.factors, round(factor_of(seconds, reference_s), 2)][-_FACTORS:]
    _write(record)
    return max(record.factors)


def measured_factor() -> float | None:
    """Return how slow the machine is since its boot; None: no lab host was booted since."""
    return max(_read().factors, default=None)


def current_pace() -> Pace:
    """Return how long time limits are here and now, as far as it was measured."""
    return Pace(measured_factor() or 1.0)


def note_duration(what: str, seconds: float) -> None:
    """Record how long a wait took that ended well.

    Args:
        what: A key that is the same for what takes equally long.
        seconds: What it took.
    """
    record = _read()
    record.seconds[what] = [*record.seconds.get(what, []), round(seconds, 1)][-_SECONDS:]
    _write(record)


def usual_seconds(what: str) -> float | None:
    """Return the median of the last durations of a wait; None: it has not been waited for here."""
    times = _read().seconds.get(what)
    return statistics.median(times) if times else None


@contextmanager
def awaited(words: str, what: str, limit_s: float | None = None) -> Iterator[None]:
    """Show what is waited for, its usual duration here and what is left of it; record the duration on success.

    Args:
        words: What is waited for, in print.
        what: The key of its history.
        limit_s: After how long it will have failed, seconds; None: that is not known.
    """
    begun = time.monotonic()
    with step(words, usual_seconds(what), limit_s):
        yield
    note_duration(what, time.monotonic() - begun)
