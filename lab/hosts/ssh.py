"""A machine over SSH as the lab host: with the user's own keys, known hosts and algorithms."""

from collections.abc import Callable
from pathlib import Path

from hypervisors.base import Hypervisor
from lab.connectors.address import Address
from lab.connectors.patience import Patience
from lab.connectors.ssh_config import SOCKET, Ssh, SshEntry, write_config
from lab.hosts.machines import LABHOST, RemoteMachine
from lab.hosts.unmanaged import UnmanagedHost
from lab.images.boxes import Boxes

# How long a connection that fails is tried again, seconds; whether the machine still runs cannot be seen from here.
_PATIENCE_S = 120


class RemoteHost(UnmanagedHost):
    """A host that is named ssh://user@host:port."""

    def __init__(self, address: Address, config: str, boxes: Callable[[], Boxes], guests: int, state: Path) -> None:
        super().__init__(
            address, config, boxes, guests, state,
            shell=Ssh(state / "ssh_config", LABHOST, patience=Patience(_PATIENCE_S)), kind="ssh",
        )  # fmt: skip

    @property
    def entry(self) -> SshEntry:
        """How it is named in the lab's ssh configuration file: as the user's own settings say."""
        shared = ("ControlMaster no", f'ControlPath "{self.state / SOCKET}"')
        return RemoteMachine(self.address, self.config).entry(shared)

    def boot(self, provider: Hypervisor) -> None:
        """Check that the machine runs the kernel that the provider needs, and claim it for this lab."""
        super().boot(provider)
        write_config(self.state / "ssh_config", [self.entry])
