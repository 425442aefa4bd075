"""What the kit knows of a hypervisor with its manager and tools."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dataset.descriptors import DerivedInfo, HypervisorInfo
from hypervisors.criteria import read_criteria
from hypervisors.traits import Traits
from study.meters.readback import Reading


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
class Hypervisor:
    """One hypervisor. Adding one is adding a module to this package that defines `HYPERVISOR`.

    Attributes:
        name: In data and commands.
        title: In print.
        vagrant: Name of Vagrant's provider.
        box: Name of the box's format.
        boots_xen: Whether the lab host boots Xen and runs Linux as dom0, or Linux alone.
        folder: Where its image files lie on the lab host.
        running_command: Shell line that prints the names of the running guests on the lab host, one a line.
        manager: Its manager's window.
        screenshot_command: Shell line that writes a picture of the screen of the guest "$guest" to the file
            on the lab host, in any of the forms that Pillow reads.
        ended_command: Shell line that prints what the hypervisor tells of the end of the guest "$guest".
        console_command: Shell line that prints what the guest "$guest" said on its console.
        attach_command: Shell line that connects the terminal to the console of the guest "$guest", if there is one.
        lines: The guests' devices, of which one is the other end of that console; the first that is there.
        disk_strategies: How a guest's disk can come from the box: `factors.disk_strategy` to what it is here, in words.
        traits: What a reader of a study must know of it.
        without: The factors that have no effect under it, and why; in words that follow its title.
        factor_readings: How factors are read back under it, where what the factor's module reads is not enough: in any
            case `disk_strategy`.
        version_commands: Component to a shell line that prints its version on the lab host.
    """

    name: str
    title: str
    vagrant: str
    box: str
    boots_xen: bool
    folder: str
    running_command: str
    manager: Manager
    screenshot_command: str
    ended_command: str
    console_command: str
    attach_command: str
    disk_strategies: Mapping[str, str]
    traits: Traits
    without: Mapping[str, str] = field(default_factory=dict)
    factor_readings: Mapping[str, Reading] = field(default_factory=dict)
    version_commands: dict[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

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
            without_factors=dict(self.without),
            criteria=read_criteria(Path(__file__).parent / self.name),
        )

    def derived(self) -> tuple[DerivedInfo, ...]:
        """Return the numbers that are computed from the metrics of a study under it."""
        return self.traits.derived
