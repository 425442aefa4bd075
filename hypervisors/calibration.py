"""What a calibration needs to know of a hypervisor: what the meters must show of a known load under it.

A reading maps (machine, meter, metric) to a value in MiB or percent; the machine is `host` or `guest`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from dataset.calibration import Place
from study.meters.base import Number

Key = tuple[Place, str, str]
Reading = Mapping[Key, float]


class Shell(Protocol):
    """The lab host."""

    def check(self, remote: str, *, timeout: float, what: str, stdin: bytes = b"") -> str:
        """Run a shell line that must succeed; return its standard output."""


class Load(Protocol):
    """A process in the guest that takes a known load."""

    def hold(self, pages: int, timeout: float = 300) -> None:
        """Take so many pages of 4 KiB more."""

    def align(self) -> None:
        """Take pages until the last lies in the middle of a frame of 2 MiB."""


@dataclass(frozen=True)
class Probe:
    """A number that is held against a known step of memory.

    Attributes:
        meter: The meter.
        metric: Its number.
        sign: 1 if it grows with memory in use, -1 if it falls.
        whole_system: It counts all of the machine, page tables included; else only processes.
        rounding_mib: By how much a step may be off because the tool prints whole MiB.
        lists: Pages that move to the CPUs' own lists are missing in it (meter `zoneinfo`).
        cache: Memory that the kernel gives up from its caches meanwhile is free in it, and hides as much of the step.
        held_back: The kernel holds a part of the caches back from it, which moves with the zones' low watermarks.
    """

    meter: str
    metric: str
    sign: int
    whole_system: bool = True
    rounding_mib: float = 0.0
    lists: bool = False
    cache: bool = False
    held_back: bool = False


@dataclass(frozen=True)
class Counter:
    """A counter of the hypervisor's own that explains a step; read with the memory meters, no meter of a study.

    Attributes:
        name: Of its capture.
        command: From the guest's name to the shell line.
        parse: From its output to numbers. Raises HvlabError when it does not recognise the output.
        explain: By how much the host gave the guest more than it took, MiB: given what it took, the reading before
            and the reading after.
    """

    name: str
    command: Callable[[str], str]
    parse: Callable[[str], list[Number]]
    explain: Callable[[float, Reading, Reading], float]


@dataclass(frozen=True)
class GuestCpuMeter:
    """The hypervisor's own meter of a guest's CPU time, percent of one CPU.

    Attributes:
        meter: Its name.
        metric: Its number, in which `{guest}` stands for the guest's name.
        rounding: By how much it may be off because the tool rounds, points.
        seconds: How long it watches with `parameters`, seconds.
        parameters: The hypervisor's own parameters that it is read with.
    """

    meter: str
    metric: str
    rounding: float
    seconds: int
    parameters: Mapping[str, object] = field(default_factory=dict)


def no_alignment(host: Shell, load: Load, guest: str) -> None:
    """Align nothing: the host gives a guest its memory page by page, or all at once."""
    del host, load, guest


@dataclass(frozen=True)
class Calibration:
    """What is known of a hypervisor for a calibration.

    Attributes:
        guest_memory: Where the lab host sees memory that a guest takes: in its own numbers and in the VMM's processes,
            in its own numbers alone (a kernel module has it), or nowhere (the hypervisor gave it at the guest's start).
        process_metrics: Numbers of meter `pss` that are held against a known step.
        probes: Numbers of the hypervisor's own meters that are, too.
        guest_cpu: Where the lab host's kernel counts a guest's CPU time: as `guest`, or, where it does not see it, as
            `steal` of the time for which its own CPUs wait.
        guest_cpu_meter: The hypervisor's own meter of it.
        huge_pages: Setting of transparent huge pages for the calibration; None: the study's.
        align: Lets a guest stand in the middle of a piece of memory that the host gives at once (2 MiB): a step that
            ends within the piece it began in would be off by one.
        counter: The hypervisor's own counter of what it gave its guests.
    """

    guest_memory: Literal["processes", "system", "hidden"]
    process_metrics: tuple[str, ...] = ("pss", "pss_anon")
    probes: tuple[Probe, ...] = ()
    guest_cpu: Literal["guest", "steal"] = "guest"
    guest_cpu_meter: GuestCpuMeter | None = None
    huge_pages: str | None = None
    align: Callable[[Shell, Load, str], None] = no_alignment
    counter: Counter | None = None
