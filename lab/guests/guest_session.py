"""A guest's session: waits for it, and lets the guest hold the memory load of a study."""

import shlex
from collections.abc import Sequence

from core.errors import HvlabError
from lab.connectors.base import Machine
from lab.guests.load_generator import PAGES_A_MIB, start_load

# The log of a guest's X session: docs/design/lab.md.
_LOG = "/var/log/x-session.log"
# For the answer itself, in addition to the seconds of waiting in the guest.
_ANSWER_S = 60


def wait_program(programs: Sequence[str], seconds: int) -> str:
    """Return the shell program that ends when all `programs` run, or fails after about `seconds` with the reason."""
    return f"""\
n=0
for name in {shlex.join(programs)}; do
    until pidof "$name" >/dev/null; do
        n=$((n+1))
        [ $n -le {seconds} ] || {{ echo "$name does not run: $(sudo tail -n 1 {_LOG} 2>&1)" >&2; exit 1; }}
        sleep 1
    done
done
"""


def wait_for_session(ssh: Machine, programs: Sequence[str], seconds: float) -> None:
    """Wait until all programs of a guest's X session run.

    Raises:
        HvlabError: One does not after `seconds`; the message has its name and the last line of the session's log.
    """
    program = wait_program(programs, int(seconds)).encode()
    ssh.check("sh -s", stdin=program, timeout=4 * seconds + _ANSWER_S, what="starting the X session")


def available_mib(meminfo: str) -> int:
    """Return MemAvailable of /proc/meminfo, MiB.

    Raises:
        HvlabError: The kernel does not report it (before 3.14).
    """
    for line in meminfo.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    raise HvlabError("the guest does not report its available memory", "set memory_load_mib = 0", code="memory-unknown")


def hold_load(ssh: Machine, mib: int) -> None:
    """Let a guest hold `mib` MiB from now on, until it is shut down.

    Raises:
        HvlabError: It has less than that available: it would swap, and hold less than requested.
    """
    available = available_mib(ssh.check("cat /proc/meminfo", timeout=60, what="reading the memory"))
    if mib > available:
        raise HvlabError(
            f"{ssh.name} cannot hold a load of {mib} MiB: it has {available} MiB available",
            "set a smaller topology.memory_load_mib or a larger topology.memory_mib",
            code="load-too-large",
        )
    start_load(ssh, root=False).hold(mib * PAGES_A_MIB)
