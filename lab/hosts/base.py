"""The interface of lab hosts."""

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
    """Folders of a lab host with the files that guests are made from.

    Attributes:
        boxes: The boxes, laid out as Vagrant's own folder of boxes.
        start: Files that start guests without a boot loader; with the same `boot/...` as the boxes' folder here.
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
        """QEMU's accelerator if it is a virtual machine of QEMU's, else "none"."""

    @property
    def entry(self) -> SshEntry | None:
        """Its entry in the lab's ssh configuration file; None: guests are reached from here directly."""

    @property
    def store(self) -> Store:
        """Where it has the boxes."""

    @property
    def key(self) -> str:
        """A key that is the same for the same machine: a study uses only a calibration with its own key."""

    @property
    def steps(self) -> Sequence[tuple[str, ...]]:
        """The steps of its boot for the journal: description, kind of resources (lab.rollback), their names."""

    @property
    def images(self) -> Sequence[Path]:
        """Folders in the cache that it was started from; none for an unmanaged one."""

    def identity(self) -> dict[str, str]:
        """Return what identifies this machine, by name; a study continues only on the machine that it was begun on.

        Raises:
            HvlabError: It does not answer.
        """

    def obstacle(self, provider: Hypervisor) -> HvlabError | None:
        """Return why the provider needs a restart that hvlab does not make; None if it needs none.

        Raises:
            HvlabError: It does not answer.
        """

    def boot(self, provider: Hypervisor) -> None:
        """Start the machine afresh into the kernel that the provider needs; return when it can be used.

        An unmanaged one must run that kernel already.

        Raises:
            HvlabError: It does not come up, or runs another kernel; nothing of this lab is left running then.
        """

    def stop(self) -> None:
        """End the machine and everything in it, without a shutdown.

        On an unmanaged one only the guests end, and what was set up there is undone.
        """

    def running(self) -> str | None:
        """Return the name of the provider that it runs, None if it is off."""

    def died(self) -> str | None:
        """Return why the machine has died; None if there is no sign of that."""

    def console_log(self) -> Path:
        """Return the file with the kernel's log of the machine."""
