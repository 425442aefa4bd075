"""How far a machine has booted: power, address, SSH port, banner, login, session.

The functions here observe from outside and change nothing. They do not wait: Vagrant (for guests) and the start of the
lab host do. They report how far a machine came after that, or after it failed.
"""

import shlex
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.connectors.base import Machine, last_line
from lab.guests.guest_session import wait_program
from lab.guests.topology import Guest

# Time limit for an address, a port and a banner each.
_PATIENCE_S = 5
# Time limits of the lab host's program, and of a login to a guest.
_ASK_S = 60
_LOGIN_S = 30


class BootStage(IntEnum):
    """A stage of a machine's boot; each one needs the one before."""

    NOTHING = 0
    POWER = 1
    ADDRESS = 2
    PORT = 3
    BANNER = 4
    LOGIN = 5
    SESSION = 6

    @property
    def words(self) -> str:
        """The stage's name in messages."""
        return _WORDS[self]


_WORDS = {
    BootStage.NOTHING: "nothing",
    BootStage.POWER: "power",
    BootStage.ADDRESS: "address",
    BootStage.PORT: "SSH port",
    BootStage.BANNER: "banner",
    BootStage.LOGIN: "login",
    BootStage.SESSION: "session",
}


@dataclass(frozen=True)
class BootProgress:
    """How far a machine has booted.

    Attributes:
        stage: The last stage that was observed.
        why: Why the next stage was not reached; may be empty.
        known: Whether the machine could be observed at all.
    """

    stage: BootStage
    why: str = ""
    known: bool = True

    @property
    def ready(self) -> bool:
        """Whether the last stage is reached."""
        return self.stage == BootStage.SESSION

    def __str__(self) -> str:
        if self.ready:
            return "ready: its session runs"
        if not self.known:
            return f"its boot stage could not be observed ({self.why})"
        reached = f"it reached {self.stage.words}" if self.stage else "it does not run"
        missing = f"; {BootStage(self.stage + 1).words} is missing" if self.stage else ""
        return f"{reached}{missing}{f' ({self.why})' if self.why else ''}"


# Runs on the lab host, after its variables; prints the stages that it observes, one per line. An address is in use if
# its port answers or refuses; otherwise the kernel's neighbour table decides.
_LOOK = f"""\
export LC_ALL=C
output=$({{running}} 2>&1) || {{{{ echo "unknown $(echo "$output" | tail -n 1)"; exit 0; }}}}
echo "$output" | grep -qxF -- "$guest" || {{{{ echo "none it is not among the running guests"; exit 0; }}}}
echo power
connect='exec 3<>"/dev/tcp/$0/$1" && echo open && read -r line <&3 && echo "$line"'
output=$(timeout {_PATIENCE_S} bash -c "$connect" "$address" "$port" 2>&1)
case $output in
*refused*) echo address; echo "none nothing listens on $address:$port";;
open*) echo address; echo port;;
*) if ip neigh show "$address" | grep -q 'lladdr.*\\(REACHABLE\\|STALE\\|DELAY\\|PROBE\\)'; then echo address; fi
    echo "none $address:$port does not answer";;
esac
case $output in
open*SSH-*) echo banner;;
open*) echo "none its SSH server sends no banner";;
esac
"""


def _look(host: Machine, provider: Hypervisor, guest: str, address: str, port: int) -> BootProgress:
    words = {"guest": guest, "address": address, "port": str(port)}
    head = "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items())
    program = head + _LOOK.format(running=provider.running_command)
    return _seen(host.check("sh -s", stdin=program.encode(), timeout=_ASK_S, what="observing the guest"))


def _seen(output: str) -> BootProgress:
    """Parse the output of the script above: the last stage that was seen."""
    stage, why, known = BootStage.NOTHING, "", True
    for line in output.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("none", "unknown"):
            why, known = rest, word == "none"
        elif word.upper() in BootStage.__members__:
            stage = max(stage, BootStage[word.upper()])
    return BootProgress(stage, why, known)


def _inside(ssh: Machine, programs: Sequence[str]) -> BootProgress:
    """Return the last stages: a login, and the programs of the session (none for a text session)."""
    try:
        login = ssh.run("true", timeout=_LOGIN_S, patient=False)
        if login.status:
            return BootProgress(BootStage.BANNER, last_line(login.stderr) or f"exit {login.status}")
        program = wait_program(programs, 0).encode()
        session = ssh.run("sh -s", stdin=program, timeout=_LOGIN_S, patient=False)
    except HvlabError as error:
        return BootProgress(BootStage.BANNER, error.message)
    if session.status:
        return BootProgress(BootStage.LOGIN, last_line(session.stderr))
    return BootProgress(BootStage.SESSION)


def guest_progress(
    host: Machine, provider: Hypervisor, guest: Guest, ssh: Machine, programs: Sequence[str]
) -> BootProgress:
    """Return how far a guest came; never raises.

    Args:
        host: The lab host, which runs the guest.
        provider: The hypervisor.
        guest: The guest.
        ssh: The connection to the guest.
        programs: The programs of its session; none for a text session.
    """
    address, port = guest.endpoint(provider)
    try:
        seen = _look(host, provider, guest.name, address, port)
    except HvlabError as error:
        return BootProgress(BootStage.NOTHING, error.message, known=False)
    # A forwarded port is always open, and the guest's own address cannot be seen: the first stage that can be seen is
    # the banner.
    if provider.endpoint == "forward" and BootStage.POWER < seen.stage < BootStage.BANNER:
        return BootProgress(BootStage.POWER, f"behind {provider.title}'s NAT only its banner could be seen: {seen.why}")
    return _inside(ssh, programs) if seen.stage == BootStage.BANNER else seen


def _banner(port: int) -> BootProgress:
    """Check for an SSH server behind a port of this machine's loopback address."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S) as connection:
            banner = connection.recv(4)
    except ConnectionRefusedError:
        return BootProgress(BootStage.ADDRESS, f"nothing listens on 127.0.0.1:{port}")
    except OSError as error:
        return BootProgress(BootStage.PORT, f"127.0.0.1:{port}: {error}")
    # QEMU accepts a connection before any server in the machine does, and closes it when there is none.
    if banner == b"SSH-":
        return BootProgress(BootStage.BANNER)
    return BootProgress(BootStage.PORT, "its SSH server sends no banner")


def host_progress(ssh: Machine, port: int, *, running: bool, ready: bool) -> BootProgress:
    """Return how far the nested lab host came; never raises. Its address is this machine's loopback address.

    Args:
        ssh: The connection to it.
        port: The port of its SSH server.
        running: Whether its QEMU process exists.
        ready: Whether its start script has reported the end of the boot: its session.
    """
    if not running:
        return BootProgress(BootStage.NOTHING, "its process has ended")
    seen = _banner(port)
    if seen.stage < BootStage.BANNER:
        return seen
    inside = _inside(ssh, ())
    if inside.stage < BootStage.LOGIN or ready:
        return inside
    return BootProgress(BootStage.LOGIN, "its start script has not ended")
