"""What a hypervisor adds to the image of the nested lab host."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Release = Literal["bookworm", "trixie", "sid"]
RELEASES: tuple[Release, ...] = ("bookworm", "trixie", "sid")
"""The Debian releases that the lab host can be built from, the oldest first."""


def nothing(root: Path) -> None:
    """Configure nothing."""
    del root


def no_files(root: Path) -> Mapping[str, bytes]:
    """Return that there are no boot files beside Linux's."""
    del root
    return {}


@dataclass(frozen=True)
class HostSoftware:
    """A hypervisor's part of the lab host's image.

    Attributes:
        packages: Debian packages of the hypervisor, its tools and its manager.
        start: Shell program that makes the booted lab host ready for the hypervisor, in pieces that are joined.
        releases: Debian releases that it is packaged in, each with the packages whose names differ between them.
        components: Components of Debian's archive beside `main` that the packages are in.
        recorded: Packages beside those whose versions are recorded.
        configure: Changes the installed system, given its root folder.
        boot_files: Given the root folder, returns files that start the machine beside Linux's, by name.
        code: Files that the above are defined in: inputs of the image, which is built again when they change.
    """

    packages: tuple[str, ...]
    start: tuple[Path, ...]
    releases: Mapping[Release, tuple[str, ...]] = field(default_factory=lambda: dict.fromkeys(RELEASES, ()))
    components: tuple[str, ...] = ()
    recorded: tuple[str, ...] = ()
    configure: Callable[[Path], None] = nothing
    boot_files: Callable[[Path], Mapping[str, bytes]] = no_files
    code: tuple[Path, ...] = field(default=())

    def packages_of(self, release: Release) -> tuple[str, ...]:
        """Return its packages in a release that it is packaged in."""
        return (*self.releases[release], *self.packages)

    def start_program(self) -> str:
        """Return the shell program that makes the booted lab host ready."""
        return "".join(part.read_text(encoding="utf-8") for part in self.start)
