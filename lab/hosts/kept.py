"""What undoes a lab, kept on its host beside the owner's name: for a lab whose folder on the controller is lost."""

import shlex
from collections.abc import Mapping

from lab.connectors.base import Machine
from lab.hosts.box_upload import PLACE

# In the order in which they are run.
NAMES = ("takedown.sh", "restore.sh")


def keep(machine: Machine, programs: Mapping[str, str]) -> None:
    """Write down on a host what undoes a lab there.

    Args:
        programs: Each of NAMES, with the shell program.

    Raises:
        HvlabError: It cannot be written there.
    """
    lines = ["umask 077", f"cd {PLACE} || exit 1"]
    for name, text in programs.items():
        lines.append(f"printf %s {shlex.quote(text)} >.{name} && mv -f .{name} {name} || exit 1")
    program = "\n".join(lines).encode()
    machine.check("sh -s", stdin=program, timeout=60, what="writing down what undoes the lab")


def undoing() -> str:
    """Return the shell program that runs what is kept; each says a line for what it removes.

    It has failed if something does not go; what is kept stays then, as it does otherwise until the host is released.
    """
    runs = "".join(f"[ ! -f {PLACE}/{name} ] || sh {PLACE}/{name} || exit 1\n" for name in NAMES)
    return f"{runs}exit 0\n"
