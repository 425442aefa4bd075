"""The lab host of a state folder, of whichever kind, as it is on record: for commands after the one that booted it."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import HvlabError
from lab.connectors.address import parse_host
from lab.connectors.base import Machine
from lab.connectors.ssh_config import Ssh
from lab.guests.console import host_console
from lab.history import current_pace
from lab.hosts import nested
from lab.hosts.machines import LABHOST, local_machine
from lab.hosts.unmanaged_lab import recorded, recorded_lab


@dataclass(frozen=True)
class ActiveHost:
    """The lab host of a state folder; each property reads the records anew.

    Attributes:
        state: The lab's folder.
    """

    state: Path

    @property
    def provider(self) -> str | None:
        """The provider that it runs, None if it is off."""
        record = recorded(self.state)
        return record.provider if record else nested.running_provider(self.state)

    @property
    def address(self) -> str:
        """Its address as text: `nested` if none runs."""
        record = recorded(self.state)
        return record.address if record else "nested"

    @property
    def managed(self) -> bool:
        """Whether it ends with the lab: the nested one does, an unmanaged one goes on."""
        return self.address == "nested"

    @property
    def machine(self) -> Machine:
        """The machine, for commands on it."""
        local = parse_host(self.address).kind == "local"
        pace = current_pace() if self.managed else None
        return local_machine() if local else Ssh(self.state / "ssh_config", LABHOST, pace=pace)

    def console(self) -> str:
        """Return the kernel's log: the nested host's console, also when it is off; the log of another one.

        Raises:
            HvlabError: It cannot be read.
        """
        if self.managed:
            return host_console(self.state)
        return self.machine.check("dmesg | tail -n 1000", timeout=60, what="reading the kernel's log")

    def stop(self) -> None:
        """End the lab.

        Raises:
            HvlabError: Something of it does not end.
        """
        if lab := recorded_lab(self.state):
            lab.stop()
        nested.stop(self.state)

    def require_named(self, text: str) -> None:
        """Check that it is the host that the user named, if it is up; an empty name fits all.

        Raises:
            HvlabError: It is another one, or the text is not the name of a lab host.
        """
        if text and parse_host(text).text != self.address and self.provider:
            raise HvlabError(
                f"the lab in {self.state} is up on {self.address}, not on {text}",
                "leave --host out",
                code="other-lab-host",
            )
