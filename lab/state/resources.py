"""Resources of a lab on the controller: files in its folder, and processes that were started for it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.errors import HvlabError
from core.resources.removal import ABSENT, OWNED, LocalResource, Probe
from lab.state.processes import Process, end, start_time


def within(state: Path, name: str) -> Path:
    """Return a path in the state folder.

    Raises:
        HvlabError: The name leads out of it: the journal was not written by hvlab.
    """
    path = state / name
    if path == state or path.name in ("", "..") or not path.parent.resolve().is_relative_to(state.resolve()):
        raise HvlabError(f"{name!r} is not in {state}: nothing is removed", "look into its steps.jsonl")
    return path


class StateFile(LocalResource):
    """A file, a link (not what it leads to) or a folder with all in it, in a lab's folder.

    Raises:
        HvlabError: The name leads out of the folder.
    """

    kind = "file"

    def __init__(self, state: Path, name: str) -> None:
        self.path = within(state, name)
        self.name = str(self.path)

    def probe(self) -> Probe:
        """Return whether there is one; where a part of its path is a file, there is none."""
        try:
            self.path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return ABSENT
        return OWNED

    def remove(self) -> None:
        """Remove it. What goes meanwhile by itself, as the socket of a connection that ends, is gone, too."""
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path, onerror=_unless_gone)
        else:
            self.path.unlink(missing_ok=True)


def _unless_gone(function: Callable[..., object], path: str, error: tuple[Any, Any, Any]) -> None:
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]


class LabProcess(LocalResource):
    """A process that carries the lab's name."""

    kind = "process"

    def __init__(self, process: Process) -> None:
        self.process = process
        self.name = str(process).removeprefix("process ")

    def probe(self) -> Probe:
        """Return whether it still runs; another one may have its number."""
        return OWNED if start_time(self.process.pid) == self.process.started else ABSENT

    def remove(self) -> None:
        """End it.

        Raises:
            HvlabError: It does not end.
        """
        end(self.process)
