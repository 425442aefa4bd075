"""How the lab host is started for a hypervisor: into the plain kernel, or into a hypervisor below it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class BootFiles:
    """The files of the nested lab host's image that start it.

    Attributes:
        kernel: Packaged Linux kernel (compressed).
        vmlinux: The same unpacked.
        initrd: Initial RAM disk.
        own: File name to path of what the hypervisors themselves put beside them (`HostSoftware.boot_files`).
    """

    kernel: Path
    vmlinux: Path
    initrd: Path
    own: Mapping[str, Path]


@dataclass(frozen=True)
class BootOptions:
    """What a start may depend on.

    Attributes:
        parameters: The hypervisor's own parameters (`Hypervisor.parameters`) by name.
        factors: The study's factors by name.
    """

    parameters: Mapping[str, object]
    factors: Mapping[str, object]


class Boot(Protocol):
    """How the lab host is started for a hypervisor."""

    @property
    def console(self) -> str:
        """Linux's serial console."""

    @property
    def fatal(self) -> tuple[str, ...]:
        """What is printed on the console when the machine stops, beside what Linux prints."""

    @property
    def detect(self) -> str:
        """Shell lines that succeed on a machine that was started this way; "": the plain kernel.

        They fail with exit status 1 on any other machine. Where neither can be seen, they print why, and exit with 2.
        """

    @property
    def reference_s(self) -> float:
        """What the nested lab host takes until it can be used, seconds, where hvlab's time limits were chosen.

        That is a machine with 2 idle cores under software emulation; time limits are longer where it takes longer.
        """

    @property
    def entry(self) -> str:
        """Regular expression, without case, of the titles of boot entries that start this way; "": all others."""

    def arguments(self, files: BootFiles, line: str, options: BootOptions) -> list[str]:
        """Return QEMU's arguments that start it.

        Args:
            files: The image's.
            line: Linux's command line.
            options: Parameters and factors.
        """


@dataclass(frozen=True)
class PlainKernel:
    """Linux alone, with nothing below it."""

    console: str = "ttyS0"
    fatal: tuple[str, ...] = ()
    detect: str = ""
    entry: str = ""
    reference_s: float = 23

    def arguments(self, files: BootFiles, line: str, options: BootOptions) -> list[str]:
        """Return QEMU's arguments that start the packaged kernel."""
        del options
        return ["-kernel", str(files.kernel), "-append", line, "-initrd", str(files.initrd)]
