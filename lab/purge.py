"""lab.purge: removes what belongs to the lab, also after a crash that left no usable journal, and nothing else.

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
from lab.active_lab import ActiveLab
from lab.connectors.address import Address
from lab.hosts.box_upload import REMOTE_ROOT
from lab.hosts.resources import all_resources, boxes_link
from lab.hosts.unmanaged_lab import FILES, UnmanagedLab, recorded_lab
from lab.settings import MOST_GUESTS
from lab.state.lock import LOCK, TEMPORARY, killed_owner
from lab.state.processes import processes_of
from lab.state.resources import StateFile
from lab.state.rollback_journal import JOURNAL
from lab.state.state_dir import is_labs

# Evidence of what happened; no lab needs it.
KEPT = (".log", ".txt", ".png")


class _UnrecordedLab:
    """A lab on an unmanaged host without a record here: the host's own record decides whether it is this lab's."""

    def __init__(self, lab: UnmanagedLab) -> None:
        self._lab = lab
        self.name = lab.name

    def take_down(self) -> Sequence[Outcome]:
        local = self._lab.address.kind == "local"
        link = None if local else boxes_link(self._lab.state, REMOTE_ROOT)
        return self._lab.scan(all_resources(self._lab.state, MOST_GUESTS, link))


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


def _not_removed(what: str) -> HvlabError:
    return HvlabError(what, "./invoke lab.purge once more", code="not-removed")


class _Purge:
    """One purge; counts what it removed.

    Args:
        lab: The lab.
        print_line: Given each line.
        named: The unmanaged host that the user named; None if none was named.
        config: The user's ssh configuration for it; "": the usual one.
    """

    def __init__(self, lab: ActiveLab, print_line: Callable[[str], None], named: Address | None, config: str) -> None:
        self.lab, self.print_line, self.named, self.config = lab, print_line, named, config
        self.removed = 0

    def count(self, line: str) -> None:
        self.removed += 1
        self.print_line(f"removed: {line}")

    def report(self, outcome: Outcome, where: str = "") -> None:
        if outcome.result == "removed":
            self.count(f"{where}{outcome}")
        elif outcome.result in ("foreign", "kept"):
            self.print_line(f"left: {where}{outcome}")

    def _on_unmanaged_host(self) -> bool:
        """Return whether the lab is, or may be, on a host that goes on without it."""
        try:
            return self.named is not None or not self.lab.host.managed
        except DamagedError:
            return True

    def _unmanaged_lab(self) -> UnmanagedLab | _UnrecordedLab | None:
        """Return the lab on an unmanaged host; None if there is none.

        Raises:
            HvlabError: The record that names the host is damaged, and the user named none.
        """
        try:
            if lab := recorded_lab(self.lab.state):
                return lab
        except DamagedError as error:
            if self.named is None:
                raise HvlabError(
                    error.message, "name its lab host: ./invoke lab.purge --host=...", code=error.code
                ) from error
        return _UnrecordedLab(UnmanagedLab(self.lab.state, self.named, self.config)) if self.named else None

    def _purge_unmanaged(self) -> HvlabError | None:
        """Remove the lab from an unmanaged host; return what failed."""
        try:
            lab = self._unmanaged_lab()
        except HvlabError as error:
            return error
        if lab is None:
            return None
        failed = remove_all([lab], lambda outcome: self.report(outcome, f"on {lab.name}: "))
        return _not_removed(f"{lab.name}: {'; '.join(failed)}") if failed else None

    def _undo_journal(self) -> HvlabError | None:
        """Undo what the journal lists, which need not be all; return what failed."""
        try:
            self.lab.undo_steps(self.report)
        except HvlabError as error:
            return error
        return None

    def run(self) -> None:
        """Remove everything, in an order in which nothing creates again what was removed.

        Raises:
            HvlabError: Something could not be removed.
        """
        if self._on_unmanaged_host():
            # Processes that still use it, Vagrant above all, would create again what is removed.
            self.lab.end_processes(self.report)
        unmanaged_error = self._purge_unmanaged()
        # The journal's steps would only ask that host once more.
        failed = unmanaged_error or self._undo_journal()
        self.lab.end_processes(self.report)
        left = remove_all(_files(self.lab.state), self.report)
        if unmanaged_error:
            # The record of a lab stays until its host has removed it.
            raise unmanaged_error
        if left:
            raise _not_removed("; ".join(left))
        journal = StateFile(self.lab.state, JOURNAL).take_down()
        if failed:
            for outcome in journal:
                self.report(outcome)
        if processes := processes_of(self.lab.state):
            raise _not_removed(f"still there: {processes[0]}")


def purge(lab: ActiveLab, print_line: Callable[[str], None], host: Address | None = None, config: str = "") -> None:
    """Remove everything that carries the name of a lab.

    Args:
        lab: The lab.
        print_line: Given a line for each thing that was removed, or left because it is not the lab's; a line
            "nothing ..." if nothing was removed.
        host: A lab host to ask even if nothing is on record here; only an unmanaged one matters.
        config: The user's ssh configuration for it; "": the usual one.

    Raises:
        LabLockedError: A running command holds the lab.
        HvlabError: Something could not be removed.
    """
    purge = _Purge(lab, print_line, host if host and host.kind != "nested" else None, config)
    owner = killed_owner(lab.state)
    with lab.acquire():
        if owner:
            purge.count(f"lock of {owner}, which no longer runs")
        purge.run()
    # It may hold logs, or the lock of a command that has the lab by now.
    with contextlib.suppress(OSError):
        lab.state.rmdir()
    if not purge.removed:
        print_line(f"nothing to remove: no process and no file carries the name {lab.name}")
