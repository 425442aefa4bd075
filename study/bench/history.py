"""Earlier tables of this machine, so that a regression is seen: a file in the cache, JSON."""

import json
import platform
import statistics
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from core.console import say
from core.files import DamagedError, read_record, write_atomic
from core.paths import cache_root
from lab.history import PREFIX
from study.bench.rows import Row

# How many measurements are kept of each row, and how many of them are what a new one is compared with.
_KEPT, _COMPARED = 100, 5


@dataclass
class _History:
    """By row: when it was measured, seconds, and its ratio to the floor where there is one."""

    rows: dict[str, list[dict[str, object]]] = field(default_factory=dict)


def history_file() -> Path:
    """Return the file of this machine."""
    return cache_root() / f"{PREFIX}bench-{platform.node()}"


def _read() -> _History:
    try:
        return read_record(history_file(), _History) or _History()
    except DamagedError as error:
        say(f"{error.message}; a new one is begun")
        return _History()


def usual_ratios() -> dict[str, float]:
    """Return, by row, the median of its last ratios; none of a row that was never measured here."""
    found = {}
    for name, entries in _read().rows.items():
        ratios = [float(str(entry["ratio"])) for entry in entries[-_COMPARED:] if entry.get("ratio") is not None]
        if ratios:
            found[name] = statistics.median(ratios)
    return found


def append(rows: Iterable[Row]) -> None:
    """Add rows, measured now."""
    history, now = _read(), datetime.now(UTC).isoformat(timespec="seconds")
    for row in rows:
        entry: dict[str, object] = {"when": now, "seconds": round(row.seconds, 3)}
        if row.ratio is not None:
            entry["ratio"] = round(row.ratio, 3)
        history.rows[row.name] = [*history.rows.get(row.name, []), entry][-_KEPT:]
    write_atomic(history_file(), json.dumps(asdict(history)).encode())
