"""What hvlab knows of a hypervisor with its manager and tools: the interface of a plug-in.

A hypervisor is a folder `hypervisors/NAME/` whose module `hypervisor` defines `HYPERVISOR`. Modules of the folder that
define `METER` are its own meters. Nothing outside the folder names it, but for `vagrant/lib/hvlab/NAME/`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from core.table import Table
from dataset.descriptors import DerivedInfo, HypervisorInfo
from hypervisors.boot import Boot
from hypervisors.boxes import BoxFormat
from hypervisors.calibration import Calibration
from hypervisors.criteria import read_criteria
from hypervisors.doctor import HypervisorCheck
from hypervisors.evidence import Evidence, GuestList
from hypervisors.host_image import HostSoftware
from hypervisors.names import folder_of
from hypervisors.processes import ProcessPatterns
from hypervisors.traits import Traits
from study.meters.readback import Reading


class Parameters(Table):
    """Parameters that only one hypervisor has: its table `[hypervisors.NAME]` in hvlab.toml."""


@dataclass(frozen=True)
class Manager:
    """A hypervisor's manager with a window.

    Attributes:
        name: In print.
        title: A part of its window's title.
        command: What starts it on the lab host; it does not go to the background.
        prepare: Shell program that is run there before, for questions that it would ask at its first start.
    """

    name: str
    title: str
    command: tuple[str, ...]
    prepare: str = ""


@dataclass(frozen=True)
class MachineMemory:
    """The machine's memory as a hypervisor below the host's kernel counts it.

    Attributes:
        command: Shell line; prints nothing on a machine that does not run the hypervisor.
        parse: Returns total and free memory, MiB; None for what the output does not hold.
    """

    command: str
    parse: Callable[[str], tuple[int | None, int | None]]


@dataclass(frozen=True)
class ControllerNeeds:
    """What the controller needs for a hypervisor.

    Attributes:
        packages: Debian packages.
        vagrant_plugins: Plugins of Vagrant, among `packages` under their own names.
    """

    packages: tuple[str, ...] = ()
    vagrant_plugins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hypervisor:
    """One hypervisor.

    Attributes:
        name: In data and commands; the name of its folder.
        title: In print.
        order: Place among the hypervisors in print; also their default order in a study.
        words: Regular expressions of its own name and those of its tools and parts, by which code that knows of it is
            found (tests/unit/test_hypervisor_names.py).
        log_words: Its names in the log of the host's kernel.
        vagrant: Name of Vagrant's provider.
        box: Format of Vagrant's box.
        boot: How the lab host is started for it.
        software: Its part of the lab host's image.
        folder: Where its image files lie on the lab host.
        endpoint: How the lab host reaches a guest: at the guest's address on the lab's network, or at a forwarded
            port of its loopback address.
        prepare: Shell program that prepares a running lab host for the guests, in pieces that are joined.
        processes: Names of its processes.
        guest_list: Its own list of running guests; captured at every stage.
        evidence: Other captures that show what runs.
        running_command: Shell line that prints the names of the running guests on the lab host, one a line.
        manager: Its manager's window.
        screenshot_command: Shell line that writes a picture of the screen of the guest "$guest" to the file "$picture"
            on the lab host, in any of the forms that Pillow reads.
        ended_command: Shell line that prints why the guest "$guest" ended, as far as the hypervisor knows.
        lost_command: Shell line that prints why the guest "$guest", which is being started, cannot come up any more;
            nothing while it still may. It runs while the guest starts, so it must be cheap. "": no such sign is known.
        vital_command: Shell line that prints what grows as long as the guest "$guest" lives: a line `cpu=TIME` for each
            of its virtual CPUs, in any unit, and `console=BYTES`; nothing before it runs. "": it has no such signs.
        console_command: Shell line that prints what the guest "$guest" wrote to its console.
        start_command: Shell line by which the hypervisor's own tool starts the guest "$guest", which is there and off.
        power_off_command: Shell line that takes the guest's power away.
        attach_command: Shell line that connects the terminal to the console of the guest "$guest"; "": there is none.
        lines: The guests' devices, of which one is the other end of that console; the first that is there.
        disk_strategies: How a guest's disk can come from the box: `factors.disk_strategy` to what it is here, in words.
        traits: What a reader of a study must know of it.
        without: The factors that have no effect under it, and why; in words that follow its title.
        factor_readings: How factors are read back under it, where what the factor's module reads is not enough: in any
            case `disk_strategy`.
        version_commands: Component to a shell line that prints its version on the lab host.
        calibration: What a calibration needs to know.
        doctor: Its checks of a machine.
        harmless: Regular expressions of messages of the host's kernel that do not make a run suspect, each with the
            reason in a comment where it is defined.
        needs_hardware: Its guests do not start without hardware virtualization.
        cpu_without: Features of a processor under which it fails, as QEMU names them; the nested lab host's processor
            has none of them.
        machine_memory: How the hypervisor below the host's kernel counts the machine's memory; None: the host's
            kernel has all of it.
        guest_packages: Packages of RHEL 5 that a guest needs to start.
        guest_drivers: Linux modules by which a guest reaches its disk, beside those for virtio, IDE and SATA.
        controller: What the controller needs.
        parameters: Its own parameters.
    """

    name: str
    title: str
    order: int
    words: tuple[str, ...]
    log_words: tuple[str, ...]
    vagrant: str
    box: BoxFormat
    boot: Boot
    software: HostSoftware
    folder: str
    processes: ProcessPatterns
    guest_list: GuestList
    running_command: str
    manager: Manager
    screenshot_command: str
    ended_command: str
    console_command: str
    start_command: str
    power_off_command: str
    attach_command: str
    disk_strategies: Mapping[str, str]
    traits: Traits
    calibration: Calibration
    endpoint: Literal["address", "forward"] = "address"
    prepare: tuple[Path, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    without: Mapping[str, str] = field(default_factory=dict)
    factor_readings: Mapping[str, Reading] = field(default_factory=dict)
    version_commands: dict[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    lost_command: str = ""
    vital_command: str = ""
    doctor: tuple[HypervisorCheck, ...] = ()
    harmless: tuple[str, ...] = ()
    needs_hardware: bool = True
    cpu_without: tuple[str, ...] = ()
    machine_memory: MachineMemory | None = None
    guest_packages: tuple[str, ...] = ()
    guest_drivers: tuple[str, ...] = ()
    controller: ControllerNeeds = ControllerNeeds()
    parameters: type[Parameters] = Parameters

    def prepare_program(self) -> str:
        """Return the shell program that prepares a running lab host for the guests."""
        return "".join(part.read_text(encoding="utf-8") for part in self.prepare)

    def describe(self) -> HypervisorInfo:
        """Describe it for study.json."""
        return HypervisorInfo(
            name=self.name,
            title=self.title,
            colour=self.traits.colour,
            image_folder=self.folder,
            host_name=self.traits.host_name,
            host_memory=self.traits.host_memory,
            host_cpu=self.traits.host_cpu,
            guest_memory=self.traits.guest_memory,
            manager=self.manager.name,
            components=tuple(self.version_commands),
            without_factors=dict(self.without),
            criteria=read_criteria(folder_of(self.name)),
        )

    def derived(self) -> tuple[DerivedInfo, ...]:
        """Return the numbers that are computed from the metrics of a study under it."""
        return self.traits.derived
