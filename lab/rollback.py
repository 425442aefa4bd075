"""Undoes the steps in a lab's journal, the newest first: each is removed as the resources that it may have made."""

import contextlib
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.errors import HvlabError
from core.resources.base import Outcome
from core.resources.removal import ABSENT, OWNED, LocalResource, Probe, Removable, remove_all
from lab.hosts.machines import LABHOST
from lab.hosts.nested import NestedMachine
from lab.hosts.unmanaged_lab import recorded_lab
from lab.state.processes import processes_of
from lab.state.resources import LabProcess, StateFile, within
from lab.state.rollback_journal import Step, Steps

# For a master connection to end; one whose peer is gone ends by itself.
_LIMIT_S = 10


class Connection(LocalResource):
    """A connection that several commands share, known by its socket in the lab's folder."""

    kind = "socket"

    def __init__(self, state: Path, name: str) -> None:
        self._state, self._socket = state, within(state, name)
        self.name = str(self._socket)

    def probe(self) -> Probe:
        """Return whether there is a socket."""
        return OWNED if self._socket.exists() else ABSENT

    def remove(self) -> None:
        """Ask its master to end. One that does not answer ends by itself when its other side is silent."""
        words = ["-F", str(self._state / "ssh_config"), "-o", f"ControlPath={self._socket}", "-O", "exit", LABHOST]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(
                ["ssh", *words], capture_output=True, stdin=subprocess.DEVNULL, timeout=_LIMIT_S, check=False
            )
        self._socket.unlink(missing_ok=True)


def _files(state: Path, names: tuple[str, ...]) -> Sequence[Removable]:
    return [StateFile(state, name) for name in names]


def _machine(state: Path, names: tuple[str, ...]) -> Sequence[Removable]:
    return [NestedMachine(state)]


def _host(state: Path, names: tuple[str, ...]) -> Sequence[Removable]:
    lab = recorded_lab(state)
    return [lab] if lab else []


def _connections(state: Path, names: tuple[str, ...]) -> Sequence[Removable]:
    return [Connection(state, name) for name in names]


RESOURCES: Mapping[str, Callable[[Path, tuple[str, ...]], Sequence[Removable]]] = {
    "remove": _files,
    "machine": _machine,
    "host": _host,
    "connection": _connections,
}
"""What a step in the journal may have made: from the state folder and the step's names to the resources."""


def _undo(state: Path, step: Step, report: Callable[[Outcome], None]) -> list[str]:
    """Remove what a step may have made; return what failed."""
    try:
        if step.undo not in RESOURCES:
            raise HvlabError(f"nothing is known to undo {step.undo!r}", "is it of another hvlab?")
        return remove_all(RESOURCES[step.undo](state, step.names), report)
    except HvlabError as error:
        return [str(error)]


def undo_all(state: Path, report: Callable[[Outcome], None]) -> None:
    """Undo all steps of a lab that were not undone yet, the newest first; one that fails does not keep the others.

    Args:
        state: The lab's folder.
        report: Given what became of each resource.

    Raises:
        HvlabError: A step could not be undone; it stays in the journal.
    """
    steps, failed = Steps(state), list[str]()
    for step in steps.open():
        if errors := _undo(state, step, report):
            failed.append(f"{step.what}: {'; '.join(errors)}")
        else:
            steps.undone(step)
    if failed:
        raise HvlabError(
            f"not undone: {'; '.join(failed)}", "./invoke lab.purge looks for what is left", code="not-undone"
        )
    steps.forget()


def end_processes(state: Path, report: Callable[[Outcome], None]) -> None:
    """End all processes that carry a lab's name.

    Raises:
        HvlabError: One does not end.
    """
    if failed := remove_all([LabProcess(process) for process in processes_of(state)], report):
        raise HvlabError("; ".join(failed), "is its disk stuck? see dmesg")
