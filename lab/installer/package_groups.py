"""Debian's names for the groups and packages of RHEL 5 that the lab's kickstart files ask for."""

import re
from collections.abc import Iterable

from core.errors import HvlabError

# Debian's one kernel stands for all variants of RHEL 5's: it also starts as a paravirtual guest.
KERNEL = "linux-image-amd64"
_KERNELS = re.compile(r"kernel(?!-(?:headers|devel|doc)$)(?:-[A-Za-z]+)?")

# What starts a computer and its network, whatever the kickstart file says.
SYSTEM = (KERNEL, "grub-pc", "initramfs-tools", "busybox-static", "e2fsprogs", "ifupdown", "udhcpc")

GROUPS: dict[str, tuple[str, ...]] = {
    "core": ("sysvinit-core", "udev", "kmod", "procps", "iproute2", "netbase", "openssh-server"),
    "base": ("sudo", "acpid"),
    "base-x": ("xserver-xorg-core", "xserver-xorg-video-vesa", "xserver-xorg-video-fbdev", "xserver-xorg-input-evdev",
               "xinit"),
    # Measured: openbox brings 80 packages, 150 MB, into each guest's disk, blackbox two, 1 MB.
    "gnome-desktop": ("blackbox", "xterm"),
}  # fmt: skip
PACKAGES: dict[str, str] = {
    "acpid": "acpid",
    # What makes a load; for RHEL 5 EPEL has them.
    "fio": "fio",
    "iperf3": "iperf3",
    "stress-ng": "stress-ng",
    "openssh-clients": "openssh-client",
    "openssh-server": "openssh-server",
    "sudo": "sudo",
    "sysstat": "sysstat",
    "xterm": "xterm",
    "xorg-x11-drv-vesa": "xserver-xorg-video-vesa",
    "xorg-x11-xinit": "xinit",
}
# Chosen by anaconda of RHEL 5 whether the file names them or not.
ALWAYS = ("core", "base")


def debian_packages(groups: Iterable[str], packages: Iterable[str], *, base: bool = True) -> set[str]:
    """Return the Debian packages that stand for groups and packages of RHEL 5.

    Args:
        groups: Names of groups, without `@`.
        packages: Names of packages.
        base: Whether the group `base` is chosen although it is not named; not with `%packages --nobase`.

    Raises:
        HvlabError: If one has no counterpart; all such are named.
    """
    always = [name for name in ALWAYS if base or name != "base"]
    groups, packages = [*always, *groups], list(packages)
    unknown = [f"@{name}" for name in groups if name not in GROUPS]
    unknown += [name for name in packages if _counterpart(name) is None]
    if unknown:
        raise HvlabError(
            f"%packages: no counterpart is known of {', '.join(unknown)}",
            "lab/installer/package_groups.py has the table",
        )
    found = {debian for name in groups for debian in GROUPS[name]}
    return found | excluded_packages(packages) | set(SYSTEM)


def excluded_packages(packages: Iterable[str]) -> set[str]:
    """Return the Debian packages that stand for packages to be left out; one without a counterpart never is there."""
    return {found for name in packages if (found := _counterpart(name))}


def _counterpart(package: str) -> str | None:
    return KERNEL if _KERNELS.fullmatch(package) else PACKAGES.get(package)
