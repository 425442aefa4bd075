"""The distribution's mirror: HVLAB_MIRROR, or as this machine's own apt is set up."""

import os

from core.errors import HvlabError
from core.process import run


def debian_mirror() -> str:
    """Return the base address of the Debian archive: HVLAB_MIRROR, which the tools tree sets, else what apt uses here.

    Raises:
        HvlabError: If apt knows no Debian archive.
    """
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
