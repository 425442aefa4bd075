"""This machine as the lab host: commands run in a local shell, and its guests are reached directly."""

from collections.abc import Callable
from pathlib import Path

from hypervisors.base import Hypervisor
from lab.connectors.address import Address
from lab.hosts.base import Store
from lab.hosts.box_upload import boot_files, folder_of, upload
from lab.hosts.machines import local_machine
from lab.hosts.unmanaged import UnmanagedHost
from lab.images.boxes import Boxes


class LocalHost(UnmanagedHost):
    """The controller itself."""

    def __init__(self, address: Address, boxes: Callable[[], Boxes], guests: int, state: Path) -> None:
        super().__init__(address, "", boxes, guests, state, shell=local_machine(), kind="local")

    @property
    def store(self) -> Store:
        """The boxes are here already; only files that a guest's emulator reads, which is not root, are copied."""
        return Store(str(self.boxes.folder), folder_of(self.boxes))

    @property
    def _link_to_boxes(self) -> None:
        """The host is the controller, which has the boxes."""

    def _upload_boxes(self, provider: Hypervisor) -> None:
        upload(self._direct, self.boxes, *boot_files())
