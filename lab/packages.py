"""The system packages that commands need; installed by apt when they are missing, and said beforehand."""

import os
import shutil
import subprocess
from collections.abc import Sequence

from core.console import say
from core.errors import HvlabError
from core.process import run
from lab.tools_tree.facts import in_tools_tree

IMAGES = (
    "mmdebstrap", "debian-archive-keyring", "qemu-system-x86", "qemu-utils", "packer", "cpio", "zstd", "xz-utils",
    "e2fsprogs", "fdisk", "openssh-client", "isolinux", "syslinux-common", "xorriso",
)  # fmt: skip
VAGRANT = ("vagrant",)
REPORT = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core", "fonts-nanum")


def vagrant_packages() -> tuple[str, ...]:
    """Return Vagrant's package and those that the hypervisors need beside it."""
    # Read here: `./invoke --list` has no need of the hypervisors' modules.
    from hypervisors.registry import all_hypervisors  # noqa: PLC0415

    own = (name for each in all_hypervisors().values() for name in each.controller.packages)
    return tuple(dict.fromkeys((*VAGRANT, *own)))


def lab_packages() -> tuple[str, ...]:
    """Return what a lab needs."""
    return (*IMAGES, *vagrant_packages())


def image_packages() -> tuple[str, ...]:
    """Return what building images needs."""
    return IMAGES


def report_packages() -> tuple[str, ...]:
    """Return what rendering a report needs."""
    return REPORT


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
    if in_tools_tree():
        raise HvlabError(
            f"the tools tree has no {', '.join(wanted)}",
            "use this machine's programs for this command: HVLAB_TOOLS=machine ./invoke ...",
            code="not-in-tools-tree",
        )
    by_hand = f"install by hand: apt-get install {' '.join(wanted)}"
    say(f"installing system packages: {' '.join(wanted)}")
    root = [] if os.geteuid() == 0 else ["sudo"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = [*root, "apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    run([*apt, "update"], what="reading the package lists", env=environment, hint="is the mirror reachable?")
    run([*apt, "install", "--no-install-recommends", *wanted], what="installing", env=environment, hint=by_hand)
