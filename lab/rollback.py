"""Undoes the steps in a lab's journal, the newest first."""

import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.errors import HvlabError
from lab.hosts import unmanaged
from lab.hosts.nested import running_provider, stop
from lab.state.rollback_journal import Step, Steps

# For a master connection to end; one whose peer is gone ends by itself.
_PATIENCE_S = 10


def within(state: Path, name: str) -> Path:
    """Return a path in the state folder.

    Raises:
        HvlabError: The name leads out of it: the journal was not written by hvlab.
    """
    path = state / name
    if path == state or path.name in ("", "..") or not path.parent.resolve().is_relative_to(state.resolve()):
        raise HvlabError(f"{name!r} is not in {state}: nothing is removed", "look into its steps.jsonl")
    return path


def remove(path: Path) -> bool:
    """Remove a file, a link (not what it leads to) or a folder with all in it; tell whether there was one.

    What goes meanwhile by itself, as the socket of a connection that ends, is gone, too.
    """
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, onerror=_unless_gone)
        return True
    try:
        path.unlink()
    except (FileNotFoundError, NotADirectoryError):
        # Nothing is there, or a part of its path is a file: then nothing is there, either.
        return False
    return True


def _unless_gone(function: Callable[..., object], path: str, error: tuple[Any, Any, Any]) -> None:
    if not isinstance(error[1], FileNotFoundError):
        raise error[1]


def _remove(state: Path, names: tuple[str, ...]) -> list[str]:
    paths = [within(state, name) for name in names]
    return [f"file {path}" for path in paths if remove(path)]


def _machine(state: Path, names: tuple[str, ...]) -> list[str]:
    provider = running_provider(state)
    stop(state)
    return [f"the lab host's virtual machine ({provider})"] if provider else []


def _host(state: Path, names: tuple[str, ...]) -> list[str]:
    record = unmanaged.recorded(state)
    unmanaged.stop(state)
    return [f"what the lab made on {record.address} ({record.provider})"] if record else []


def _connection(state: Path, names: tuple[str, ...]) -> list[str]:
    found = []
    for socket in (within(state, name) for name in names):
        if socket.exists():
            command = ["ssh", "-F", str(state / "ssh_config"), "-o", f"ControlPath={socket}", "-O", "exit", "labhost"]
            try:
                subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_PATIENCE_S, check=False)
            except subprocess.TimeoutExpired:
                found.append(f"an SSH connection that does not answer ({socket})")
            remove(socket)
            found.append(f"socket {socket}")
    return found


UNDO: Mapping[str, Callable[[Path, tuple[str, ...]], list[str]]] = {
    "remove": _remove,
    "machine": _machine,
    "host": _host,
    "connection": _connection,
}
"""What undoes a step: given the state folder and the step's names, it returns what was removed, in words."""


def _undo(state: Path, step: Step) -> list[str]:
    if step.undo not in UNDO:
        raise HvlabError(f"{state / 'steps.jsonl'}: nothing is known to undo {step.undo!r}", "is it of another hvlab?")
    return UNDO[step.undo](state, step.names)


def undo_all(state: Path, tell: Callable[[str], None]) -> None:
    """Undo all steps of a lab that were not undone yet, the newest first; one that fails does not keep the others.

    Args:
        state: The lab's folder.
        tell: Given each thing that was removed, in words.

    Raises:
        HvlabError: A step could not be undone; it stays in the journal.
    """
    steps, failures = Steps(state), list[str]()
    for step in steps.open():
        try:
            for line in _undo(state, step):
                tell(line)
        except (HvlabError, OSError) as error:
            failures.append(f"{step.what}: {error.message if isinstance(error, HvlabError) else error}")
        else:
            steps.undone(step)
    if failures:
        raise HvlabError(f"not undone: {'; '.join(failures)}", "./invoke lab.purge looks for what is left")
    steps.forget()
