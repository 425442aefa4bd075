"""A lab host that runs already: this machine (`local`) or one over SSH. hvlab uses it, and never starts or ends it.

Before the lab changes anything there, it saves the rollback program (lab/hosts/unmanaged_lab.py). `stop` runs
it, also from another command and after a crash.
"""

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from core.errors import HvlabError
from core.files import write_atomic
from core.resources.base import Resource
from hypervisors.base import Hypervisor
from lab.connectors.address import Address, Kind
from lab.connectors.base import Machine
from lab.connectors.ssh_config import SshEntry
from lab.hosts.base import Store
from lab.hosts.box_upload import REMOTE_ROOT, boot_files, folder_of, upload
from lab.hosts.facts import HostFacts, obstacle
from lab.hosts.machines import machine_of
from lab.hosts.resources import boxes_link, host_resources, lab_layout
from lab.hosts.unmanaged_lab import UnmanagedLab, recorded, recorded_lab
from lab.images.boxes import Boxes

_ASK_S = 60


class UnmanagedHost:
    """A lab host that hvlab does not manage.

    Args:
        address: Of kind `local` or `ssh`.
        config: For `ssh`: the user's ssh configuration; "": the usual one.
        boxes: Returns what guests are made from, on the controller; called when they are first needed.
        guests: How many there may be.
        state: The lab's folder on the controller.
        shell: How lines are run on it while the lab is up.
    """

    kind: Kind
    steps = (("what the lab makes on its host", "host"),)

    def __init__(
        self,
        address: Address,
        config: str,
        boxes: Callable[[], Boxes],
        guests: int,
        state: Path,
        *,
        shell: Machine,
        kind: Kind,
    ) -> None:
        self.address, self.config, self._make_boxes, self.guests, self.state = address, config, boxes, guests, state
        self.shell, self.kind = shell, kind
        self.versions: dict[str, str] = {}
        self._direct = machine_of(address, config)
        self._lab = UnmanagedLab(state, address, config)
        self._asked = time.monotonic()
        self._called = "this machine" if kind == "local" else address.text

    @cached_property
    def boxes(self) -> Boxes:
        """What guests are made from, on the controller."""
        return self._make_boxes()

    @cached_property
    def found(self) -> HostFacts:
        """Facts about the machine."""
        return HostFacts.gather(self._direct)

    @property
    def entry(self) -> SshEntry | None:
        """How it is named in the lab's ssh configuration file."""
        return None

    @property
    def store(self) -> Store:
        """Where it has the boxes."""
        return Store(folder_of(self.boxes), folder_of(self.boxes))

    @property
    def accelerator(self) -> str:
        """Return QEMU's accelerator if it is a virtual machine of QEMU's, else "none"."""
        return self.found.guest_of

    @property
    def key(self) -> str:
        """Return a key of the machine with its kernel."""
        return self.found.key

    @property
    def images(self) -> Sequence[Path]:
        """Return nothing: it is not started from an image."""
        return ()

    def identity(self) -> dict[str, str]:
        """Return what identifies this machine."""
        return self.found.identity

    def obstacle(self, provider: Hypervisor) -> HvlabError | None:
        """Return why the provider needs another boot entry, None if it does not."""
        return obstacle(HostFacts.gather(self._direct), provider, self._called)

    def console_log(self) -> Path:
        """Write the end of the kernel's log to a file, or the reason why there is none; return the file."""
        path = self.state / "kernel.log"
        try:
            done = self._direct.run("dmesg | tail -n 200", timeout=60)
            write_atomic(path, done.stdout + done.stderr)
        except HvlabError as error:
            write_atomic(path, f"{error}\n".encode())
        return path

    def running(self) -> str | None:
        """Return the name of the provider that it runs for this lab, None if there is none."""
        record = recorded(self.state)
        return record.provider if record else None

    def died(self) -> str | None:
        """Return why the lab on the machine has ended: no answer, or a restart; checked once a minute."""
        if time.monotonic() - self._asked < _ASK_S:
            return None
        self._asked = time.monotonic()
        record = recorded(self.state)
        try:
            boot_id = self.shell.run("cat /proc/sys/kernel/random/boot_id", timeout=_ASK_S).text.strip()
        except HvlabError as error:
            return f"the lab host no longer answers: {error.message}"
        if record and boot_id != record.boot_id:
            return "the lab host was restarted"
        return None

    @property
    def _link_to_boxes(self) -> Resource | None:
        """The link by which the host has the boxes under the controller's name for them."""
        return boxes_link(self.state, REMOTE_ROOT)

    def boot(self, provider: Hypervisor) -> None:
        """Check that the machine runs the kernel that the provider needs, and claim it for this lab.

        Raises:
            HvlabError: It runs another kernel, offers no root access, is claimed by another lab, has foreign resources
                of the lab's names, or the boxes cannot be uploaded.
        """
        self.__dict__.pop("found", None)
        if wrong := obstacle(self.found, provider, self._called):
            raise wrong
        if not self.found.root:
            raise HvlabError(
                f"{self._called}: not root there", "log in as root (ssh://root@...), or use sudo", code="not-root"
            )
        self.stop()
        self.state.mkdir(parents=True, exist_ok=True)
        self._lab.record(provider.name, self.found.boot_id)
        try:
            self._lab.claim()
            layout = lab_layout(provider, self.state, self.guests)
            self._lab.prepare_rollback(host_resources(provider, layout, self._link_to_boxes))
            self._upload_boxes(provider)
        except BaseException:
            self.stop()
            raise

    def _upload_boxes(self, provider: Hypervisor) -> None:
        upload(self._direct, self.boxes, self.boxes.path(provider.box), *boot_files())

    def stop(self) -> None:
        """Remove what the lab created, and restore the host's settings; the machine itself goes on."""
        if lab := recorded_lab(self.state):
            lab.stop()
