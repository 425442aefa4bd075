"""A lab host in a virtual machine: one QEMU process, reached on a loopback port."""

import json
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import stamina

from core.errors import HvlabError
from core.files import read_record, write_atomic
from core.pace import Pace
from core.process import run
from core.resources.removal import ABSENT, LocalResource, Probe
from core.sockets import listener_on
from hypervisors.base import Hypervisor
from hypervisors.boot import BootOptions
from hypervisors.registry import all_hypervisors
from lab.connectors.address import Kind
from lab.connectors.base import Machine, last_line
from lab.connectors.patience import Patience
from lab.connectors.ssh_config import SOCKET, Ssh, SshEntry, make_key, write_config
from lab.guests.boot_progress import BootProgress, host_progress
from lab.guests.topology import STORE
from lab.history import awaited, note_boot
from lab.hosts.base import Store
from lab.images.acceleration import probe_accelerator
from lab.images.boxes import Boxes
from lab.images.host import HostImage
from lab.images.qemu_command import LabHostMachine, Processor, lab_host_command
from lab.settings import LabHostSettings
from lab.state.processes import end, lab_name, process_info, start_time

# Waiting is normal: it is not logged.
stamina.instrumentation.set_on_retry_hooks([])

# What Linux prints on the console when it stops; waiting for SSH would be in vain.
_FATAL = ("Kernel panic", "stack guard page was hit", "initrd: no root file system")
_READY = "HVLAB-READY"
# How long a connection to a lab host whose process lives is tried again, seconds.
_PATIENCE_S = 180


@dataclass(frozen=True)
class _Process:
    """The QEMU process on record, with what distinguishes it from another process of the same number."""

    pid: int
    started: str
    provider: str
    accelerator: str


def _recorded(state: Path) -> _Process | None:
    """Return the process on record if it still is that process."""
    record = read_record(state / "host.json", _Process)
    return record if record and start_time(record.pid) == record.started else None


def running_provider(state: Path) -> str | None:
    """Return the provider that the lab host of a state folder runs, None if it is off."""
    record = _recorded(state)
    return record.provider if record else None


def running_pid(state: Path) -> int | None:
    """Return the process of the lab host of a state folder, None if it is off."""
    record = _recorded(state)
    return record.pid if record else None


class NestedMachine(LocalResource):
    """The virtual machine of a state folder, with its disk and everything in it."""

    kind = "virtual machine"

    def __init__(self, state: Path) -> None:
        self._state = state
        self.name = lab_name(state)

    def probe(self) -> Probe:
        """Return whether it runs, and for which provider."""
        provider = running_provider(self._state)
        return Probe("owned", provider) if provider else ABSENT

    def remove(self) -> None:
        """Kill it; remove its disk and its record.

        Raises:
            HvlabError: It does not end.
        """
        stop(self._state)


def stop(state: Path) -> None:
    """Kill the virtual machine of a state folder if it runs; remove its disk and its record.

    Raises:
        HvlabError: It does not end.
    """
    record = _recorded(state)
    if record and (process := process_info(record.pid)):
        end(process)
    for name in ("host.json", "overlay.qcow2", SOCKET):
        (state / name).unlink(missing_ok=True)


class NestedHost:
    """The lab host as a virtual machine of this one.

    Args:
        image: Its disk and kernels.
        emulator: QEMU.
        boxes: What its guests are made from; attached read-only.
        settings: Memory, virtual CPUs, port.
        state: Folder for the overlay disk, keys, logs and the record of the process.
        options: Returns the boot options of a hypervisor, by its name.
        pace: How long time limits are; measured anew at each boot.
    """

    kind: Kind = "nested"
    store = Store(STORE, STORE)
    steps = (
        ("the lab's key", "remove", "key", "key.pub"),
        ("the lab host's disk", "remove", "overlay.qcow2"),
        ("the lab host's machine", "machine"),
    )

    def __init__(
        self,
        image: HostImage,
        emulator: Path,
        boxes: Boxes,
        settings: LabHostSettings,
        state: Path,
        *,
        options: Callable[[str], BootOptions],
        pace: Pace,
    ) -> None:
        self.image, self.emulator, self.boxes, self.settings, self.state = image, emulator, boxes, settings, state
        self.options, self.pace = options, pace
        self.versions = dict(image.versions)
        self.entry = SshEntry("labhost", "127.0.0.1", settings.ssh_port, "root", state / "key", extra=(
            "ControlMaster no", f'ControlPath "{state / SOCKET}"',
        ))  # fmt: skip
        patience = Patience(_PATIENCE_S, lambda: self.running() is not None)
        self.shell: Machine = Ssh(state / "ssh_config", "labhost", patience=patience, pace=pace)

    @property
    def key(self) -> str:
        """Return the key of the image."""
        return self.image.disk.parent.name

    @property
    def images(self) -> list[Path]:
        """Return the folders of the image and of the emulator."""
        return [self.image.disk.parent, self.emulator.parent]

    def identity(self) -> dict[str, str]:
        """Return nothing: each boot creates a new machine, and its properties are among a study's parameters."""
        return {}

    def obstacle(self, provider: Hypervisor) -> None:
        """Return None: it is started with the kernel that a provider needs."""

    @property
    def accelerator(self) -> str:
        """Return HARDWARE or SOFTWARE (`lab.images.qemu_command`)."""
        return probe_accelerator(self.image.boot.kernel, self.image.busybox)

    def console_log(self) -> Path:
        """Return the serial console's log."""
        return self.state / "console.log"

    def running(self) -> str | None:
        """Return the name of the provider that it runs, None if it is off."""
        return running_provider(self.state)

    def _kernel_arguments(self, provider: Hypervisor, key: str) -> list[str]:
        # Linux would check the emulated TSC against the HPET, reject it when this machine is busy, and switch to slower
        # clocks while it runs.
        line = (
            "root=LABEL=root rw quiet net.ifnames=0 mitigations=off tsc=reliable panic=-1 "
            f"hvlab.key={key.replace(' ', ':')} hvlab.provider={provider.name} console={provider.boot.console}"
        )
        return provider.boot.arguments(self.image.boot, line, self.options(provider.name))

    def command(self, provider: Hypervisor, accelerator: str, key: str) -> list[str]:
        """Return the QEMU command line."""
        machine = LabHostMachine(
            name=lab_name(self.state), vcpus=self.settings.vcpus, memory_mib=self.settings.memory_mib,
            overlay=self.state / "overlay.qcow2", store=self.boxes.store,
            ssh_port=self.settings.ssh_port, console=self.console_log(),
        )  # fmt: skip
        # Those of all hypervisors: the machine is the same under each.
        without = sorted({name for each in all_hypervisors().values() for name in each.cpu_without})
        processor = Processor(accelerator, self.settings.cpu_model, without)
        return lab_host_command(self.emulator, machine, processor, self._kernel_arguments(provider, key))

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.settings.ssh_port))
            except OSError as error:
                holder = listener_on(self.settings.ssh_port)
                process = process_info(holder.pid) if holder else None
                raise HvlabError(
                    f"port {self.settings.ssh_port} on 127.0.0.1 is in use{f' by {process}' if process else ''}",
                    "choose another: HVLAB_LAB_HOST__SSH_PORT=NNNN, or ssh_port in hvlab.toml",
                    code="port-in-use",
                ) from error

    def boot(self, provider: Hypervisor) -> None:
        """Start the virtual machine with a fresh overlay disk and wait until it can be used."""
        self.stop()
        self._check_port()
        self.state.mkdir(parents=True, exist_ok=True)
        # A new one for each boot: a key that leaked from an earlier lab does not open this one.
        for old in (self.state / "key", self.state / "key.pub"):
            old.unlink(missing_ok=True)
        key = make_key(self.state / "key")
        write_config(self.state / "ssh_config", [self.entry])
        overlay = self.state / "overlay.qcow2"
        run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", self.image.disk, "-F", "raw", overlay],
            what="making the lab host's overlay disk")  # fmt: skip
        self.console_log().write_bytes(b"")
        accelerator = self.accelerator
        begun, limit_s = time.monotonic(), self.pace.scaled(self.settings.boot_timeout_s)
        words, what = f"Lab host: booting for {provider.title} ({accelerator})", f"boot {provider.name} {accelerator}"
        with awaited(words, what, limit_s):
            try:
                self._launch(provider, accelerator, key)
                self._wait_ready(limit_s)
            except BaseException:
                self.stop()
                raise
        self.pace.factor = note_boot(time.monotonic() - begun, provider.boot.reference_s)
        self.pace.tell()

    def _launch(self, provider: Hypervisor, accelerator: str, key: str) -> None:
        with (self.state / "qemu.log").open("wb") as log:
            process = subprocess.Popen(
                self.command(provider, accelerator, key),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        started = start_time(process.pid) or ""
        record = _Process(process.pid, started, provider.name, accelerator)
        write_atomic(self.state / "host.json", json.dumps(asdict(record)).encode())

    def died(self) -> str | None:
        """Return why the machine has died; None if there is no sign of that."""
        console = self.console_log().read_text(errors="replace")
        for words in (*_FATAL, *(words for each in all_hypervisors().values() for words in each.boot.fatal)):
            if words in console:
                return f"the lab host's kernel died: {words!r} on its console"
        if self.running():
            return None
        reason = last_line((self.state / "qemu.log").read_bytes())
        return f"the lab host has ended ({reason})" if reason else "the lab host has ended"

    def _ready(self) -> bool:
        return _READY in self.console_log().read_text(errors="replace") and self.shell.answers()

    def _reached(self) -> BootProgress:
        ready = _READY in self.console_log().read_text(errors="replace")
        return host_progress(self.shell, self.settings.ssh_port, running=self.running() is not None, ready=ready)

    def _wait_ready(self, limit: float) -> None:
        """Wait for the start script's last line, then for a login; a panic or an exit ends the waiting."""
        hint = f"see {self.console_log()} and {self.state / 'qemu.log'}"
        deadline = time.monotonic() + limit
        for attempt in stamina.retry_context(
            on=_NotYetError, attempts=None, timeout=None, wait_initial=0.2, wait_max=0.5, wait_jitter=0
        ):
            with attempt:
                if death := self.died():
                    raise HvlabError(death, hint)
                if time.monotonic() > deadline:
                    raise HvlabError(f"the lab host was not ready within {limit:.0f} s: {self._reached()}", hint)
                if not self._ready():
                    raise _NotYetError

    def stop(self) -> None:
        """Kill the virtual machine of this lab if it runs; remove its disk and its record."""
        stop(self.state)


class _NotYetError(Exception):
    """The machine is not ready yet."""
