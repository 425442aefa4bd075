"""The study's journal: what happened, one JSON object a line, on the disk before the next thing is begun."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import HvlabError
from core.files import sync_folder
from dataset.files import finite_json, read_bytes

NAME = "journal.jsonl"

# What every event has, and what some have; what else an event has is its own.
_ALWAYS = {"time": str, "event": str}
_SOMETIMES = {"run": str, "provider": str, "repeat": int, "stage": str, "status": str}


class Journal:
    """Appends events to one file.

    Args:
        path: The journal, usually `studies/<id>/journal.jsonl`; made when the first event is appended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: str, **fields: Any) -> None:
        """Write one event and wait until the disk has it.

        Args:
            event: What happened, e.g. `stage-settled`.
            fields: Anything that JSON can hold; `time` (UTC, ISO 8601) and `event` are added.
        """
        self._write(event_line(event, fields))

    def copy(self, other: "Journal") -> None:
        """Add all events of another journal, with the times that they have there.

        Raises:
            HvlabError: A line of it is no event, or it cannot be read.
        """
        other.read()
        self._write(b"".join(line + b"\n" for line in whole_lines(other.path)))

    def _write(self, lines: bytes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists()
        # Not through a link: what it leads to is no study's.
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(self.path, flags, 0o666), "a+b") as file:
            _cut_broken_tail(file)
            file.write(lines)
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self.path.parent)

    def read(self) -> list[dict[str, Any]]:
        """Read every event; the same as `read_journal(self.path)`."""
        return read_journal(self.path)


def event_line(event: str, fields: Mapping[str, Any]) -> bytes:
    """Return the line of an event that happens now; arguments as `Journal.append`."""
    stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    facts = {name: value for name, value in fields.items() if name not in _ALWAYS}
    line = json.dumps({"time": stamp, "event": event, **facts}, ensure_ascii=False)
    # JSON has the same escape for half a surrogate pair, which UTF-8 does not have.
    return line.encode(errors="backslashreplace") + b"\n"


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Read a journal's events in order; a journal that was never begun has none.

    A last line without its newline was cut off while it was written (power, kill, full disk) and is left out.

    Raises:
        HvlabError: A whole line is not an event (a JSON object with `time` and `event`): the file was changed by
            something else. Or the file cannot be read.
    """
    return [_event(path, number, line) for number, line in enumerate(whole_lines(path), start=1)]


def whole_lines(path: Path) -> list[bytes]:
    """Read a journal's lines, without one that was cut off while it was written; none if it was never begun.

    Raises:
        HvlabError: The file cannot be read.
    """
    return read_bytes(path).split(b"\n")[:-1] if os.path.lexists(path) else []


def _event(path: Path, number: int, line: bytes) -> dict[str, Any]:
    def damaged(what: str) -> HvlabError:
        return HvlabError(f"{path}:{number}: {what}: {line[:80]!r}", "remove the damaged line", code="damaged-journal")

    try:
        event = finite_json(line)
    except ValueError as error:
        raise damaged("not JSON") from error
    if not isinstance(event, dict):
        raise damaged("not a JSON object")
    for name, kind in (_ALWAYS | _SOMETIMES).items():
        if not isinstance(event.get(name), kind) and (name in _ALWAYS or name in event):
            raise damaged(f"{name} is missing, or is no {'number' if kind is int else 'text'}")
    return event


def _cut_broken_tail(file: BinaryIO) -> None:
    """Drop a cut-off last line, else the next event would be glued to it and both be lost."""
    if file.seek(0, os.SEEK_END) == 0:
        return
    file.seek(-1, os.SEEK_END)
    if file.read(1) != b"\n":
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
