"""The study's journal: what happened, one JSON object a line, on the disk before the next thing is begun."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from core.errors import HvlabError
from core.files import sync_folder

NAME = "journal.jsonl"


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
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = json.dumps({"time": stamp, "event": event, **fields}, ensure_ascii=False) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists()
        with self.path.open("a+b") as file:
            _cut_broken_tail(file)
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self.path.parent)

    def read(self) -> list[dict[str, Any]]:
        """Read every event; the same as `read_journal(self.path)`."""
        return read_journal(self.path)


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Read a journal's events in order; a journal that was never begun has none.

    A last line without its newline was cut off while it was written (power, kill, full disk) and is left out.

    Raises:
        HvlabError: A whole line is not a JSON object: the file was changed by something else.
    """
    if not path.exists():
        return []
    whole_lines = path.read_bytes().split(b"\n")[:-1]
    return [_event(path, number, line) for number, line in enumerate(whole_lines, start=1)]


def _event(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line)
    except ValueError as error:
        raise HvlabError(f"{path}:{number}: not JSON: {line[:80]!r}", "remove the damaged line") from error
    if not isinstance(event, Mapping):
        raise HvlabError(f"{path}:{number}: not a JSON object: {line[:80]!r}", "remove the damaged line")
    return dict(event)


def _cut_broken_tail(file: BinaryIO) -> None:
    """Drop a cut-off last line, else the next event would be glued to it and both be lost."""
    if file.seek(0, os.SEEK_END) == 0:
        return
    file.seek(-1, os.SEEK_END)
    if file.read(1) != b"\n":
        file.seek(0)
        file.truncate(file.read().rfind(b"\n") + 1)
