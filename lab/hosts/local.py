"""This machine as the lab host: what runs lines on it is a shell, and its guests are reached directly."""

from collections.abc import Callable
from pathlib import Path

from hypervisors.base import Hypervisor
from lab.connectors.address import Address
from lab.hosts.base import Store
from lab.hosts.box_upload import bring, folder_of, starters
from lab.hosts.machines import ThisMachine
from lab.hosts.unmanaged import RealHost
from lab.images.boxes import Boxes


class LocalHost(RealHost):
    """The controller itself."""

    def __init__(self, address: Address, boxes: Callable[[], Boxes], guests: int, state: Path) -> None:
        super().__init__(address, "", boxes, guests, state, ssh=ThisMachine(), kind="local")

    @property
    def store(self) -> Store:
        """The boxes are here already; only what a guest's emulator reads, who is not root, needs another folder."""
        return Store(str(self.boxes.folder), folder_of(self.boxes))

    def _bring(self, provider: Hypervisor) -> None:
        bring(self._direct, self.boxes, *starters())
