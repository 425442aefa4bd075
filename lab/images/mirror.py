"""The distribution's mirror: HVLAB_MIRROR, or as this machine's own apt is set up."""

import os
import shutil
from dataclasses import dataclass

from core.errors import HvlabError
from core.process import run


@dataclass(frozen=True)
class Mirror:
    """A copy of Debian's archive.

    Attributes:
        address: Its base address.
        of_another_day: The user said that it is: its lists of packages may be older than their makers let them be.
    """

    address: str
    of_another_day: bool = False


def debian_mirror() -> Mirror:
    """Return the usual mirror: HVLAB_MIRROR, which the tools tree sets, else the one that apt uses here.

    It is one of another day only where this machine's apt is set up for that (`Acquire::Check-Valid-Until "false"`).

    Raises:
        HvlabError: If apt knows no Debian archive.
    """
    return Mirror(_address(), of_another_day=_takes_old_lists())


def _address() -> str:
    if chosen := os.environ.get("HVLAB_MIRROR"):
        return chosen
    listing = run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN)|$(LABEL)|$(SITE)", "Created-By: Packages"],
        what="asking apt for its mirror",
        hint="this needs Debian 12 or later",
    )
    for line in listing.splitlines():
        origin, label, site = [*line.split("|"), "", ""][:3]
        if origin == "Debian" and label == "Debian" and site:
            return site
    raise HvlabError("apt has no list of a Debian archive", "set up /etc/apt/sources.list* and run apt-get update")


def _takes_old_lists() -> bool:
    """Return whether this machine's administrator told apt to take lists that are no longer valid."""
    if shutil.which("apt-config") is None:
        return False
    # An option's values, one a line: apt's own words for no.
    words = ["apt-config", "dump", "--format", "%v%n", "Acquire::Check-Valid-Until"]
    values = run(words, what="asking apt whether it takes old lists").split()
    return values[-1:] != [] and values[-1].lower() in ("false", "no", "without", "off", "disable", "0")
