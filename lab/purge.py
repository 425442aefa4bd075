"""lab.purge: removes what is the lab's, also after a crash that left no usable journal, and nothing else.

The same resources are removed as by lab.down. What is looked for comes from the lab's record, its journal, the process
table and its folder; on a host that hvlab does not manage from what the host has saved, or else from a scan of it.
"""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from core.errors import HvlabError
from core.files import DamagedError
from core.resources.base import Outcome
from core.resources.removal import Removable, remove_all
from lab.connectors.address import Address
from lab.hosts.active import ActiveHost
from lab.hosts.box_upload import REMOTE_ROOT
from lab.hosts.resources import all_resources, boxes_link
from lab.hosts.unmanaged_lab import FILES, UnmanagedLab, recorded_lab
from lab.rollback import end_processes, undo_all
from lab.settings import MOST_GUESTS
from lab.state.lock import LOCK, TEMPORARY, acquire_lab, killed_owner
from lab.state.processes import lab_name, processes_of
from lab.state.resources import StateFile
from lab.state.rollback_journal import JOURNAL
from lab.state.state_dir import is_labs

# What tells what happened; not needed by a lab.
KEPT = (".log", ".txt", ".png")


class _Lost:
    """A lab on a host of which nothing is on record here: the host says whether it is this lab's."""

    def __init__(self, lab: UnmanagedLab) -> None:
        self._lab = lab
        self.name = lab.name

    def take_down(self) -> Sequence[Outcome]:
        local = self._lab.address.kind == "local"
        link = None if local else boxes_link(self._lab.state, REMOTE_ROOT)
        return self._lab.scan(all_resources(self._lab.state, MOST_GUESTS, link))


def _on_unmanaged_host(state: Path, address: Address | None, config: str) -> UnmanagedLab | _Lost | None:
    """Return the lab on a host that hvlab does not manage; None if there is none.

    Args:
        address: How the host was named; None if it was not.

    Raises:
        HvlabError: It is not known which host it is.
    """
    named = address if address and address.kind != "nested" else None
    try:
        if lab := recorded_lab(state):
            return lab
    except DamagedError as error:
        if named is None:
            raise HvlabError(error.message, "name its lab host: ./invoke lab.purge --host=...") from error
    return _Lost(UnmanagedLab(state, named, config)) if named else None


def _goes_on(state: Path, address: Address | None) -> bool:
    """Return whether the lab is on a host that goes on without it."""
    try:
        return ActiveHost(state).address != "nested" or (address is not None and address.kind != "nested")
    except DamagedError:
        return True


def _files(state: Path) -> Sequence[Removable]:
    """Return what is left in the state folder: sockets, notes, keys, parts; not logs, pictures, others' files."""
    return [
        StateFile(state, path.name)
        for path in (sorted(state.iterdir()) if state.is_dir() else [])
        if is_labs(path.name)
        and path.name not in (LOCK, TEMPORARY, JOURNAL, *FILES)
        and path.suffix not in KEPT
        and not (path.is_dir() and _only_kept(path))
    ]


def _only_kept(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    return bool(files) and all(path.suffix in KEPT for path in files)


class _Purge:
    """One purge; counts what it removed.

    Args:
        tell: Given each line.
    """

    def __init__(self, state: Path, tell: Callable[[str], None]) -> None:
        self.state, self.tell, self.removed = state, tell, 0

    def count(self, line: str) -> None:
        self.removed += 1
        self.tell(f"removed: {line}")

    def report(self, outcome: Outcome, where: str = "") -> None:
        if outcome.result == "removed":
            self.count(f"{where}{outcome}")
        elif outcome.result in ("foreign", "kept"):
            self.tell(f"left: {where}{outcome}")

    def unmanaged(self, address: Address | None, config: str) -> HvlabError | None:
        """Remove the lab from a host that hvlab does not manage; return what failed."""
        try:
            lab = _on_unmanaged_host(self.state, address, config)
        except HvlabError as error:
            return error
        if lab is None:
            return None
        failed = remove_all([lab], lambda outcome: self.report(outcome, f"on {lab.name}: "))
        return HvlabError(f"{lab.name}: {'; '.join(failed)}", "./invoke lab.purge once more") if failed else None

    def journal(self) -> HvlabError | None:
        """Undo what the journal says; return what failed. It is not believed to be all."""
        try:
            undo_all(self.state, self.report)
        except HvlabError as error:
            return error
        return None

    def run(self, address: Address | None, config: str) -> None:
        """Remove all, in the order in which nothing makes again what is gone.

        Raises:
            HvlabError: Something could not be removed.
        """
        if _goes_on(self.state, address):
            # Who still works at it, Vagrant above all, would make again what is removed.
            end_processes(self.state, self.report)
        kept = self.unmanaged(address, config)
        # Would only ask that host once more.
        failed = kept or self.journal()
        end_processes(self.state, self.report)
        left = remove_all(_files(self.state), self.report)
        if kept:
            # Only its host can forget a lab.
            raise kept
        if left:
            raise HvlabError("; ".join(left), "./invoke lab.purge once more")
        journal = StateFile(self.state, JOURNAL).take_down()
        if failed:
            for outcome in journal:
                self.report(outcome)
        if processes := processes_of(self.state):
            raise HvlabError(f"still there: {processes[0]}", "./invoke lab.purge once more")


def purge(state: Path, tell: Callable[[str], None], host: Address | None = None, config: str = "") -> None:
    """Remove everything that carries the name of the lab of a state folder.

    Args:
        state: The lab's folder.
        tell: Given each thing that was removed, or left since it is somebody else's; called with "nothing ..." if
            nothing was removed.
        host: A lab host that hvlab does not manage, to be asked although nothing is on record here.
        config: The user's ssh configuration for it; "": the usual one.

    Raises:
        LabLockedError: A living command has the lab.
        HvlabError: Something could not be removed.
    """
    purge = _Purge(state, tell)
    owner = killed_owner(state)
    with acquire_lab(state):
        if owner:
            purge.count(f"lock of {owner}, which no longer runs")
        purge.run(host, config)
    # It may hold logs, or the lock of who has the lab by now.
    with contextlib.suppress(OSError):
        state.rmdir()
    if not purge.removed:
        tell(f"nothing to remove: no process and no file carries the name {lab_name(state)}")
