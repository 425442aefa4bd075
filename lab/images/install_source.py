"""What a guest OS is installed from: the kit's own ISO, or its maker's media.

Both go through the same door: an ISO that Packer starts, a boot command, a kickstart file, a first login over SSH.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from core.errors import HvlabError
from lab.images.host import host_image
from lab.installer.iso import installer_medium, medium_inputs
from lab.installer.kickstart import read_kickstart
from lab.installer.rootfs_archive import guest_root
from lab.media.http_server import serve
from lab.media.manifest import KICKSTARTS, SUFFIX, media_of, require_media

Serving = Callable[[Path], AbstractContextManager[object]]


def _nothing(log: Path) -> AbstractContextManager[object]:
    """Serve nothing: all is on the ISO."""
    del log
    return nullcontext()


@dataclass(frozen=True)
class Medium:
    """An installation medium that is there.

    Attributes:
        iso: ISO 9660 image.
        sha256: Its checksum.
        limit_s: Seconds after which an installation from it has failed.
        probe: A Linux kernel and a static busybox, for finding out whether hardware virtualization works.
        serving: While it is entered, what the installer fetches beside the kickstart file is served; given a log file.
        vmlinux: Unpacked kernel of the installed system, for starting it without a boot loader; None: it has its own.
        initrd: RAM disk of the same.
        release: Of that kernel.
        versions: Package to version of what is installed, as far as it is known beforehand.
    """

    iso: Path
    sha256: str
    limit_s: float
    probe: tuple[Path, Path]
    serving: Serving = _nothing
    vmlinux: Path | None = None
    initrd: Path | None = None
    release: str | None = None
    versions: dict[str, str] = field(default_factory=dict)


class Source(Protocol):
    """Where the medium of a guest OS comes from."""

    def inputs(self) -> dict[str, str | Path]:
        """Return everything that the medium is made from.

        Raises:
            HvlabError: If the kickstart file asks for what the installer does not do, or a medium is missing.
        """

    def medium(self) -> Medium:
        """Return the medium, making it if it must be made.

        Raises:
            HvlabError: If it cannot be had.
        """


class OwnIso:
    """The kit's installer ISO, made for what a kickstart file asks for.

    Args:
        text: The kickstart file's content.
    """

    # Measured under software emulation: one to two minutes.
    LIMIT_S = 1800

    def __init__(self, text: str) -> None:
        self._plan = read_kickstart(text)

    def inputs(self) -> dict[str, str | Path]:
        """See `Source`."""
        return medium_inputs(self._plan)

    def medium(self) -> Medium:
        """See `Source`."""
        root, made = guest_root(self._plan), installer_medium(self._plan)
        return Medium(
            iso=made.iso,
            sha256=made.sha256,
            limit_s=self.LIMIT_S,
            probe=(root.kernel, root.busybox),
            vmlinux=root.vmlinux,
            initrd=root.initrd,
            release=root.release,
            versions=root.versions,
        )


class MakersMedia:
    """The maker's ISO and install tree, as `image.fetch` left them or somebody put them.

    Args:
        os_name: Has a list of media beside its kickstart file.
    """

    # GNOME by anaconda under software emulation: hours.
    LIMIT_S = 8 * 3600

    def __init__(self, os_name: str, kickstarts: Path = KICKSTARTS) -> None:
        self._os, self._kickstarts = os_name, kickstarts

    def inputs(self) -> dict[str, str | Path]:
        """See `Source`."""
        media = require_media(self._os, self._kickstarts)
        return {"iso": media.wanted.iso.sha256, "tree": media.checked}

    def medium(self) -> Medium:
        """See `Source`."""
        media, host = require_media(self._os, self._kickstarts), host_image()
        return Medium(
            iso=media.iso,
            sha256=media.wanted.iso.sha256,
            limit_s=self.LIMIT_S,
            probe=(host.boot.kernel, host.busybox),
            serving=lambda log: serve(media.served, log=log),
        )


def guest_oses(kickstarts: Path = KICKSTARTS) -> list[str]:
    """List the guest OSes that there is a kickstart file for."""
    return sorted(file.stem for file in kickstarts.glob("*.ks"))


def require_known(os_name: str, kickstarts: Path = KICKSTARTS) -> None:
    """Check that there is a kickstart file for a guest OS.

    Raises:
        HvlabError: There is none.
    """
    known = guest_oses(kickstarts)
    if os_name not in known:
        raise HvlabError(
            f"no recipe for the guest OS {os_name!r}",
            f"topology.os can be: {', '.join(known)}",
            code="unknown-guest-os",
        )


def source_for(os_name: str, text: str, kickstarts: Path = KICKSTARTS) -> Source:
    """Return the installation source of a guest system: its vendor's media if they are listed, else the kit's own ISO.

    Args:
        os_name: The guest system.
        text: Content of its kickstart file.
        kickstarts: Folder of the kickstart files and media lists.

    Raises:
        HvlabError: The kit's own installer does not support something in the kickstart file, or a media list is wrong.
    """
    if (kickstarts / f"{os_name}{SUFFIX}").is_file():
        media_of(os_name, kickstarts)  # a list that is not right is told now
        return MakersMedia(os_name, kickstarts)
    return OwnIso(text)
