"""The lab of a state folder as it is on record: for commands that find it, lock it, end it, or remove it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from core.console import say
from core.errors import HvlabError
from core.resources.base import Outcome
from hypervisors.base import Hypervisor
from hypervisors.registry import get_hypervisor
from lab.connectors.base import Machine
from lab.connectors.ssh_config import Ssh
from lab.history import current_pace
from lab.hosts.active import ActiveHost
from lab.hosts.machines import LABHOST
from lab.hosts.rollback_script import describe
from lab.rollback import end_processes, undo_all
from lab.state.lock import acquire_lab, in_use
from lab.state.processes import lab_name


@dataclass(frozen=True)
class ActiveLab:
    """The lab of a state folder, whichever command set it up; each question reads the records anew.

    Attributes:
        state: The lab's folder.
    """

    state: Path

    @property
    def name(self) -> str:
        """The name that its processes and its virtual machine carry."""
        return lab_name(self.state)

    @property
    def host(self) -> ActiveHost:
        """Its lab host."""
        return ActiveHost(self.state)

    @property
    def locked(self) -> bool:
        """Whether a command holds it."""
        return in_use(self.state)

    def acquire(self) -> AbstractContextManager[None]:
        """Hold its lock in a block (`lab.state.lock.acquire_lab`).

        Raises:
            LabLockedError: Another command holds it.
            HvlabError: The folder is not a lab's, or cannot be written.
        """
        return acquire_lab(self.state)

    def require_off(self) -> None:
        """Check that the lab host is off, so that a command does not end a lab that somebody uses.

        Raises:
            HvlabError: The lab host runs.
        """
        if name := self.host.provider:
            raise HvlabError(
                f"the lab is up already, under {get_hypervisor(name).title}",
                "end it: ./invoke lab.down",
                code="lab-is-up",
            )

    def running(self) -> Hypervisor:
        """Return the hypervisor that the lab host runs.

        Raises:
            HvlabError: The lab host is off.
        """
        name = self.host.provider
        if name is None:
            raise HvlabError("the lab is down", "./invoke lab.up --provider=NAME", code="lab-is-down")
        return get_hypervisor(name)

    def guests(self) -> list[str]:
        """Return the names of the guests of a lab that is up.

        Raises:
            HvlabError: The lab is still being set up.
        """
        try:
            lines = (self.state / "ssh_config").read_text().splitlines()
        except FileNotFoundError as error:
            raise HvlabError(
                "the lab is being set up: nothing is known of its guests yet",
                "./invoke lab.status",
                code="lab-is-being-set-up",
            ) from error
        return [name for line in lines if line.startswith("Host ") and (name := line.split()[1]) != LABHOST]

    def reach(self, name: str) -> Machine:
        """Return how commands run on a guest, or on the lab host (`labhost`)."""
        return self.host.machine if name == LABHOST else self._guest(name)

    def _guest(self, name: str) -> Machine:
        return Ssh(self.state / "ssh_config", name, pace=current_pace() if self.host.managed else None)

    def end_processes(self, report: Callable[[Outcome], None]) -> None:
        """End all processes that carry its name.

        Args:
            report: Given what became of each.

        Raises:
            HvlabError: One does not end.
        """
        end_processes(self.state, report)

    def undo_steps(self, report: Callable[[Outcome], None]) -> None:
        """Undo the steps in its journal, the newest first.

        Args:
            report: Given what became of each resource.

        Raises:
            HvlabError: A step could not be undone.
        """
        undo_all(self.state, report)

    def take_down(self) -> None:
        """End the lab and undo all that setting it up has done, whichever command did it.

        Raises:
            HvlabError: Something of it cannot be removed.
        """
        host = self.host
        if not host.managed:
            # That host goes on: a process that still uses it would create again what is removed.
            self.end_processes(_print_outcome)
        self.undo_steps(_print_outcome)
        host.stop()
        self.end_processes(_print_outcome)

    def end_leftover(self, provider: str) -> None:
        """End what a killed command left: the lab host, if it runs `provider`, and whatever else is the lab's.

        Raises:
            HvlabError: Something of it cannot be removed.
        """
        if self.host.provider in (provider, None):
            self.take_down()


def _print_outcome(outcome: Outcome) -> None:
    """Print what became of a resource, except the many files of the lab's own."""
    if outcome.kind not in ("file", "socket") and (words := describe(outcome)):
        say(words)
