"""The system packages that commands need; installed by apt when they are missing, and said beforehand."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from core.console import say
from core.errors import HvlabError
from core.process import run

IMAGES = (
    "mmdebstrap", "debian-archive-keyring", "qemu-system-x86", "qemu-utils", "packer", "cpio", "zstd", "xz-utils",
    "e2fsprogs", "fdisk", "openssh-client", "isolinux", "syslinux-common", "xorriso",
)  # fmt: skip
VAGRANT = ("vagrant", "vagrant-libvirt", "libvirt-clients")
REPORT = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core", "fonts-nanum")
LAB = (*IMAGES, *VAGRANT)


def missing(packages: Sequence[str]) -> list[str]:
    """Return which of `packages` are not installed.

    Raises:
        HvlabError: If this is no system with dpkg.
    """
    if shutil.which("dpkg-query") is None:
        raise HvlabError("this system has no dpkg", "hvlab's controller runs on Debian 12 or later")
    asked = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\n", *packages]
    listing = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    there = {line.split(" ", 1)[1] for line in listing.splitlines() if line.startswith("installed ")}
    return [package for package in packages if package not in there]


def ensure(packages: Sequence[str]) -> None:
    """Install what is missing of `packages`.

    Raises:
        HvlabError: If it cannot be installed.
    """
    wanted = missing(packages)
    if not wanted:
        return
    by_hand = f"install by hand: apt-get install {' '.join(wanted)}"
    say(f"installing system packages: {' '.join(wanted)}")
    root = [] if os.geteuid() == 0 else ["sudo"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = [*root, "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    run([*apt, "update"], what="reading the package lists", env=environment, hint="is the mirror reachable?")
    run([*apt, "install", "--no-install-recommends", *wanted], what="installing", env=environment, hint=by_hand)
