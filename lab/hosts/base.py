"""What every lab host can do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.connectors.address import Kind
from lab.connectors.base import Machine
from lab.connectors.ssh_config import SshEntry


@dataclass(frozen=True)
class Store:
    """Where a lab host has what guests are made from, as folders on it.

    Attributes:
        boxes: The boxes, laid out as Vagrant's own folder of boxes.
        start: What starts guests without a boot loader; holds the same `boot/...` as the boxes' folder here.
    """

    boxes: str
    start: str


class LabHost(Protocol):
    """A machine that runs a provider's guests; commands on it, and files to and from it, go through `shell`."""

    shell: Machine
    versions: dict[str, str]

    @property
    def kind(self) -> Kind:
        """How it is reached."""

    @property
    def accelerator(self) -> str:
        """What its processors are under: QEMU's accelerator if it is a virtual machine of QEMU's, else "none"."""

    @property
    def entry(self) -> SshEntry | None:
        """How it is named in the lab's ssh configuration file; None: guests are reached from here directly."""

    @property
    def store(self) -> Store:
        """Where it has the boxes."""

    @property
    def key(self) -> str:
        """Return a word that is the same for the same machine: what a calibration and a study must share."""

    @property
    def steps(self) -> Sequence[tuple[str, ...]]:
        """What its boot does, for the journal: in words, and what undoes it (lab.rollback) with its names."""

    def identity(self) -> dict[str, str]:
        """Return what tells this machine from others, by name; a study that was begun on it goes on there only.

        Raises:
            HvlabError: If it cannot be asked.
        """

    def obstacle(self, provider: Hypervisor) -> HvlabError | None:
        """Return why the provider cannot be had without a restart that the kit does not make, None if it can.

        Raises:
            HvlabError: If it cannot be asked.
        """

    def boot(self, provider: Hypervisor) -> None:
        """Start the machine afresh into the kernel that the provider needs; return when it can be used.

        An unmanaged one must run that kernel already.

        Raises:
            HvlabError: If it does not come up, or runs another kernel; nothing of ours is left running then.
        """

    def stop(self) -> None:
        """End the machine and all that runs in it, without asking it.

        Of an unmanaged one only the guests end, and what was set up there is undone.
        """

    def running(self) -> str | None:
        """Return the name of the provider that it runs, None if it is off."""

    def died(self) -> str | None:
        """Return in words that the machine has died, None if nothing speaks for it."""

    def console_log(self) -> Path:
        """Return the file with what the machine's kernel said."""
