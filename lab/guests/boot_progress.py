"""Readiness as a ladder: power, address, SSH port, banner, login, session. Tells which rung a machine has reached.

It only looks, from outside, and changes nothing; nobody waits here. Vagrant (guests) and the lab host's own start wait;
this tells afterwards, or when they have failed, how far the machine came.
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

# For each of an address, a port and a banner to answer.
_PATIENCE_S = 5
# Of the lab host, for all of its answers; and of a guest, for a login.
_ASK_S = 60
_LOGIN_S = 30


class Rung(IntEnum):
    """What a machine has reached; each needs the one before."""

    NOTHING = 0
    POWER = 1
    ADDRESS = 2
    PORT = 3
    BANNER = 4
    LOGIN = 5
    SESSION = 6

    @property
    def words(self) -> str:
        """The rung as a person calls it."""
        return _WORDS[self]


_WORDS = {
    Rung.NOTHING: "nothing",
    Rung.POWER: "power",
    Rung.ADDRESS: "address",
    Rung.PORT: "SSH port",
    Rung.BANNER: "banner",
    Rung.LOGIN: "login",
    Rung.SESSION: "session",
}


@dataclass(frozen=True)
class Reached:
    """How far a machine came.

    Attributes:
        why: What was seen of the rung that is missing; may be empty.
        known: Whether it could be seen at all.
    """

    rung: Rung
    why: str = ""
    known: bool = True

    @property
    def ready(self) -> bool:
        """Whether it is at the top."""
        return self.rung == Rung.SESSION

    def __str__(self) -> str:
        if self.ready:
            return "ready: its session is there"
        if not self.known:
            return f"how far it came could not be seen ({self.why})"
        reached = f"it reached {self.rung.words}" if self.rung else "it does not run"
        missing = f"; {Rung(self.rung + 1).words} is missing" if self.rung else ""
        return f"{reached}{missing}{f' ({self.why})' if self.why else ''}"


# Run on the lab host, after its words: prints the rungs that it sees, one a line. A port that refuses proves the
# address as well as one that answers; else the kernel's table of neighbours tells whether anybody has it.
_LOOK = f"""\
export LC_ALL=C
said=$({{running}} 2>&1) || {{{{ echo "unknown $(echo "$said" | tail -n 1)"; exit 0; }}}}
echo "$said" | grep -qxF -- "$guest" || {{{{ echo "none it is not among the running guests"; exit 0; }}}}
echo power
connect='exec 3<>"/dev/tcp/$0/$1" && echo open && read -r line <&3 && echo "$line"'
said=$(timeout {_PATIENCE_S} bash -c "$connect" "$address" "$port" 2>&1)
case $said in
*refused*) echo address; echo "none nobody listens on $address:$port";;
open*) echo address; echo port;;
*) if ip neigh show "$address" | grep -q 'lladdr.*\\(REACHABLE\\|STALE\\|DELAY\\|PROBE\\)'; then echo address; fi
    echo "none $address:$port does not answer";;
esac
case $said in
open*SSH-*) echo banner;;
open*) echo "none its SSH server does not introduce itself";;
esac
"""


def _look(host: Machine, provider: Hypervisor, guest: str, address: str, port: int) -> Reached:
    words = {"guest": guest, "address": address, "port": str(port)}
    head = "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items())
    program = head + _LOOK.format(running=provider.running_command)
    return _seen(host.check("sh -s", stdin=program.encode(), timeout=_ASK_S, what="looking at the guest"))


def _seen(told: str) -> Reached:
    """Return what the program above printed, as a rung: the highest one that was seen."""
    rung, why, known = Rung.NOTHING, "", True
    for line in told.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("none", "unknown"):
            why, known = rest, word == "none"
        elif word.upper() in Rung.__members__:
            rung = max(rung, Rung[word.upper()])
    return Reached(rung, why, known)


def _inside(ssh: Machine, programs: Sequence[str]) -> Reached:
    """Return the last rungs: a login, and the session's programs (none: a login is all there is)."""
    try:
        login = ssh.run("true", timeout=_LOGIN_S)
        if login.status:
            return Reached(Rung.BANNER, last_line(login.stderr) or f"exit {login.status}")
        session = ssh.run("sh -s", stdin=wait_program(programs, 0).encode(), timeout=_LOGIN_S)
    except HvlabError as error:
        return Reached(Rung.BANNER, error.message)
    return Reached(Rung.LOGIN, last_line(session.stderr)) if session.status else Reached(Rung.SESSION)


def guest_reached(host: Machine, provider: Hypervisor, guest: Guest, ssh: Machine, programs: Sequence[str]) -> Reached:
    """Return how far a guest came; never raises.

    Args:
        host: The lab host, which is asked.
        ssh: The guest.
        programs: Of its session; none for a text session.
    """
    # Behind VirtualBox's NAT a guest's own address cannot be seen, and the forwarded port is always open: what is seen
    # there is the banner.
    address, port = ("127.0.0.1", guest.ssh_forward) if provider.name == "virtualbox" else (guest.address, 22)
    try:
        seen = _look(host, provider, guest.name, address, port)
    except HvlabError as error:
        return Reached(Rung.NOTHING, error.message, known=False)
    if provider.name == "virtualbox" and Rung.POWER < seen.rung < Rung.BANNER:
        return Reached(Rung.POWER, f"behind VirtualBox's NAT only its banner could be seen: {seen.why}")
    return _inside(ssh, programs) if seen.rung == Rung.BANNER else seen


def _banner(port: int) -> Reached:
    """Look at an SSH server behind a port of this machine's loopback address."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S) as connection:
            said = connection.recv(4)
    except ConnectionRefusedError:
        return Reached(Rung.ADDRESS, f"nobody listens on 127.0.0.1:{port}")
    except OSError as error:
        return Reached(Rung.PORT, f"127.0.0.1:{port}: {error}")
    # QEMU takes a connection before anybody in the machine does, and ends it when nobody does.
    return Reached(Rung.BANNER) if said == b"SSH-" else Reached(Rung.PORT, "its SSH server does not introduce itself")


def host_reached(ssh: Machine, port: int, *, running: bool, ready: bool) -> Reached:
    """Return how far the nested lab host came; never raises. Its address is this machine's loopback's.

    Args:
        running: Whether its process is there.
        ready: Whether its start script has said that all is there: its session.
    """
    if not running:
        return Reached(Rung.NOTHING, "its process has ended")
    seen = _banner(port)
    if seen.rung < Rung.BANNER:
        return seen
    inside = _inside(ssh, ())
    if inside.rung < Rung.LOGIN or ready:
        return inside
    return Reached(Rung.LOGIN, "its start script has not ended")
