"""The lab's journal: each step of setting up is flushed to the disk before it is done, with the resources it may make.

A command that is killed between two lines of code leaves a journal that says what may be there. Rollback goes backwards
through it; a step that was not done has nothing to remove. The file is append-only, one JSON object a line.
"""

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.errors import HvlabError
from core.files import sync_folder
from core.parsing import json_value

JOURNAL = "steps.jsonl"


@dataclass(frozen=True)
class Step:
    """One step of setting up.

    Attributes:
        number: 1, 2, ...
        what: In words: "the lab host's overlay disk".
        undo: Which resources it may have made: a key of lab.rollback.RESOURCES.
        names: The names of those.
    """

    number: int
    what: str
    undo: str
    names: tuple[str, ...] = ()


class Steps:
    """The journal in a lab's state folder.

    Args:
        state: The folder; made when the first step is written.
    """

    def __init__(self, state: Path) -> None:
        self._path = state / JOURNAL

    def _lines(self) -> list[dict[str, object]]:
        """Read the journal.

        Raises:
            HvlabError: A line was not written by hvlab, or not left as it was.
        """
        if not self._path.exists():
            return []
        # A last line without its end was cut off by a crash: the step that it announced had not begun.
        whole = [line for line in self._path.read_bytes().splitlines(True) if line.endswith(b"\n")]
        return [self._read(number, line) for number, line in enumerate(whole, 1)]

    def _read(self, number: int, line: bytes) -> dict[str, object]:
        try:
            facts = json_value(line)
            if "undone" not in facts:
                _ = int(facts["step"]), facts["what"], facts["undo"], list(facts["names"])
        except (ValueError, TypeError, KeyError) as error:
            raise HvlabError(
                f"{self._path} is damaged in line {number}",
                "./invoke lab.purge removes what is left",
                code="damaged-journal",
            ) from error
        return dict(facts)

    def _append(self, facts: dict[str, object]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = not self._path.exists()
        line = json.dumps({**facts, "at": datetime.now(UTC).isoformat(timespec="milliseconds")}) + "\n"
        with self._path.open("a+b") as file:
            # So is what a crash left of a line.
            file.seek(0)
            whole = file.read().rpartition(b"\n")
            file.truncate(len(whole[0]) + len(whole[1]))
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        if new:
            sync_folder(self._path.parent)

    def before(self, what: str, undo: str, *names: str) -> Step:
        """Write down a step that is about to be done; when this returns it is on the disk."""
        step = Step(1 + sum("step" in line for line in self._lines()), what, undo, names)
        self._append({"step": step.number, "what": what, "undo": undo, "names": list(names)})
        return step

    def undone(self, step: Step) -> None:
        """Write down that a step was undone."""
        self._append({"undone": step.number})

    def open(self) -> list[Step]:
        """Return the steps that were not undone, the newest first."""
        lines = self._lines()
        gone = {line["undone"] for line in lines if "undone" in line}
        return [
            Step(int(str(line["step"])), str(line["what"]), str(line["undo"]), tuple(map(str, line["names"])))  # type: ignore[call-overload]
            for line in reversed(lines)
            if "step" in line and line["step"] not in gone
        ]

    def forget(self) -> None:
        """Remove the journal; everything in it was undone."""
        self._path.unlink(missing_ok=True)
