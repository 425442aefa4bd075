"""What a meter is: a command for the lab host, and a pure function from its output to numbers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.errors import HvlabError
from dataset.descriptors import Unit

_PROCESS_PATTERN = re.compile(r"[A-Za-z0-9_.*?+-]+")


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
        provider: `kvm`, `xen`, `virtualbox`.
        image_folder: Absolute path, on the lab host, of the folder that holds the provider's disk images.
        mpstat_interval_s: Seconds that one sample of mpstat covers.
        mpstat_count: Samples that mpstat averages over.
        free_count: Samples of free, one a second.
        memory_count: Samples of meminfo, pss and xl info, `SAMPLE_PAUSE_S` apart.
        xentop_delay_s: Seconds between xentop's two iterations.
        guest_processes: Shell patterns of the names (`/proc/PID/comm`) of the processes that the VMM
            starts for each guest; empty: those that meter `pss` knows for the provider.
        daemon_processes: The same for the processes that serve all guests, such as libvirtd.

    Raises:
        HvlabError: A value that no command could be made from.
    """

    provider: str
    image_folder: str
    mpstat_interval_s: int = 5
    mpstat_count: int = 2
    xentop_delay_s: int = 5
    free_count: int = 1
    memory_count: int = 1
    guest_processes: tuple[str, ...] = ()
    daemon_processes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.image_folder.startswith("/"):
            raise HvlabError(f"image folder {self.image_folder!r} is not an absolute path")
        for name in ("mpstat_interval_s", "mpstat_count", "xentop_delay_s", "free_count", "memory_count"):
            if getattr(self, name) < 1:
                raise HvlabError(f"{name} is {getattr(self, name)}", "set it to 1 or more")
        for pattern in self.guest_processes + self.daemon_processes:
            # The patterns become part of a shell program that root runs.
            if not _PROCESS_PATTERN.fullmatch(pattern):
                raise HvlabError(f"process pattern {pattern!r} is not a name", "use letters, digits and . _ + - * ?")


@dataclass(frozen=True)
class Meter:
    """One way to read one quantity of the lab host.

    Attributes:
        name: Its name in the dataset, also its capture's: `captures/<stage>/<name>.txt`.
        command: Makes the POSIX sh command line that root runs on the lab host.
        parse: Turns the command's standard output into numbers; pure. Raises HvlabError when it does not
            recognise the output. What the output does not hold is left out, never zero.
        providers: The providers it applies to; None: every provider.
        asked: Tells how many samples a command line asks for; None: always one.
        where: Where its command runs: on the lab host, as root, or in the newest guest.
        lasts: Tells for how many seconds a command line watches; None: it reads and is done.
    """

    name: str
    command: Callable[[Context], str]
    parse: Callable[[str], list[Number]]
    providers: frozenset[str] | None = None
    asked: Callable[[str], int] | None = None
    lasts: Callable[[str], float] | None = None
    where: Literal["lab host", "guest"] = "lab host"

    def applies_to(self, provider: str) -> bool:
        """Tell whether the meter can be read under this provider."""
        return self.providers is None or provider in self.providers


def unrecognised(meter: str, text: str, why: str) -> HvlabError:
    """Make the error for an output that a parser does not know; one line that shows the output's beginning.

    Args:
        meter: The meter's name.
        text: The whole output.
        why: What was looked for and not found, e.g. `no line "Mem:"`.
    """
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    shown = " | ".join(lines[:3])
    if len(shown) > 240:
        shown = shown[:240] + " ..."
    begin = f"output begins: {shown}" if shown else "the output is empty"
    return HvlabError(f"meter {meter}: {why}; {begin}", "keep the capture and teach the meter this layout")
