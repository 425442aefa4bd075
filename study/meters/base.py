"""What a meter is: a command for the lab host, and a pure function from its output to numbers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.cause import shortened
from core.errors import HvlabError
from dataset.descriptors import Quantity, Unit, WorkInfo

_PROCESS_PATTERN = re.compile(r"[A-Za-z0-9_.*?+-]+")
_ARGUMENTS = re.compile(r"[A-Za-z0-9_.+ -]+")


@dataclass(frozen=True)
class Number:
    """One number that a meter read.

    Attributes:
        metric: Its name within the meter, e.g. `paper_used`.
        value: The number, as printed or computed without rounding.
        unit: The number's unit; memory is 1024-based.
    """

    metric: str
    value: int | float
    unit: Unit


@dataclass(frozen=True)
class Context:
    """What a meter's command depends on.

    Attributes:
        provider: Name of the hypervisor.
        image_folder: Absolute path, on the lab host, of the folder that holds the provider's disk images.
        mpstat_interval_s: Seconds that one sample of mpstat covers.
        mpstat_count: Samples that mpstat averages over.
        free_count: Samples of free, one a second.
        memory_count: Samples of the memory meters, `SAMPLE_PAUSE_S` apart.
        guest_processes: Shell patterns of the names (`/proc/PID/comm`) of the processes that the VMM
            starts for each guest.
        daemon_processes: The same for the processes that serve all guests.
        manager_processes: The same for the manager with its window.
        daemon_arguments: A process with a guest's name whose command line holds one of these serves all guests, too.
        parameters: The hypervisor's own parameters by name.

    Raises:
        HvlabError: No command can be made from a value.
    """

    provider: str
    image_folder: str
    mpstat_interval_s: int = 5
    mpstat_count: int = 2
    free_count: int = 1
    memory_count: int = 1
    guest_processes: tuple[str, ...] = ()
    daemon_processes: tuple[str, ...] = ()
    manager_processes: tuple[str, ...] = ()
    daemon_arguments: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.image_folder.startswith("/"):
            raise HvlabError(f"image folder {self.image_folder!r} is not an absolute path")
        for name in ("mpstat_interval_s", "mpstat_count", "free_count", "memory_count"):
            if getattr(self, name) < 1:
                raise HvlabError(f"{name} is {getattr(self, name)}", "set it to 1 or more")
        for pattern in self.guest_processes + self.daemon_processes + self.manager_processes:
            # The patterns become part of a shell program that root runs.
            if not _PROCESS_PATTERN.fullmatch(pattern):
                raise HvlabError(f"process pattern {pattern!r} is not a name", "use letters, digits and . _ + - * ?")
        for words in self.daemon_arguments:
            if not _ARGUMENTS.fullmatch(words):
                raise HvlabError(f"arguments {words!r} are no plain words", "use letters, digits, blanks and . _ + -")


@dataclass(frozen=True)
class Meter:
    """One way to read one quantity of the lab host.

    Attributes:
        name: Its name in the dataset, also its capture's: `captures/<stage>/<name>.txt`.
        title: In print.
        quantity: What it measures in the first place. The CPU is read first, undisturbed; what lists disks fills the
            page cache and comes last.
        command: Makes the POSIX sh command line that root runs on the lab host.
        parse: Turns the command's standard output into numbers; pure. Raises HvlabError when it does not
            recognise the output. What the output does not hold is left out, never zero.
        providers: The providers it applies to; None: every provider.
        asked: Returns how many samples a command line asks for; None: always one.
        signed: The metrics that may be negative; all others are refused if they are (`study.meters.reading`).
        where: Where its command runs: on the lab host, as root, in the newest guest, or, as a part of a load, in each
            guest (`loads.base`).
        lasts: Returns for how many seconds a command line samples; None: it reads once.
        work: Of a load's program: what it yields; None: nothing that can be counted.
    """

    name: str
    title: str
    quantity: Quantity
    command: Callable[[Context], str]
    parse: Callable[[str], list[Number]]
    providers: frozenset[str] | None = None
    asked: Callable[[str], int] | None = None
    lasts: Callable[[str], float] | None = None
    signed: frozenset[str] = frozenset()
    where: Literal["lab host", "guest", "guests"] = "lab host"
    work: WorkInfo | None = None

    def applies_to(self, provider: str) -> bool:
        """Return whether the meter can be read under this provider."""
        return self.providers is None or provider in self.providers


def unrecognised(meter: str, text: str, why: str) -> HvlabError:
    """Make the error for an output that a parser does not know; one line that shows the output's beginning.

    Args:
        meter: The meter's name.
        text: The whole output.
        why: What was looked for and not found, e.g. `no line "Mem:"`.
    """
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    shown = shortened(" | ".join(lines[:3]))
    begin = f"output begins: {shown}" if shown else "the output is empty"
    hint = "keep the capture and add this layout to the meter"
    return HvlabError(f"meter {meter}: {shortened(why)}; {begin}", hint, code="unknown-output")
