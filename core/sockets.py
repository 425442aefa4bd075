"""The sockets of this machine on which somebody listens, from /proc/net: what `ss -ltnup` shows."""

import ipaddress
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# State in /proc/net/tcp: TCP_LISTEN; and in /proc/net/udp, where nobody listens but bound sockets are "closed".
_LISTENING = {"tcp": "0A", "udp": "07"}


@dataclass(frozen=True)
class Listener:
    """A socket that others can reach.

    Attributes:
        kind: "tcp" or "udp".
        pid: The process that has it; 0 if unknown.
    """

    kind: str
    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    port: int
    pid: int

    def __str__(self) -> str:
        return f"{self.kind} {self.address}:{self.port} (process {self.pid})"


def parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Return an address of /proc/net: words of 32 bits, each in the machine's byte order (here: little endian)."""
    words = [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]
    packed = b"".join(struct.pack("<I", word) for word in words)
    return ipaddress.IPv4Address(packed) if len(packed) == 4 else ipaddress.IPv6Address(packed)


def _holders() -> dict[str, int]:
    """Return the process of each socket, by the socket's inode."""
    found = {}
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            target = str(link.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            found[target[len("socket:[") : -1]] = int(link.parts[2])
    return found


def _rows(name: str) -> Iterator[list[str]]:
    path = Path("/proc/net") / name
    if path.exists():
        yield from (line.split() for line in path.read_text().splitlines()[1:])


def listeners() -> list[Listener]:
    """Return all listening TCP sockets and all UDP sockets without a peer."""
    holders, found = _holders(), []
    for kind, state in _LISTENING.items():
        for fields in (row for name in (kind, f"{kind}6") for row in _rows(name)):
            address, _, port = fields[1].partition(":")
            if fields[3] == state:
                found.append(Listener(kind, parse_address(address), int(port, 16), holders.get(fields[9], 0)))
    return found


def listener_on(port: int) -> Listener | None:
    """Return who listens on a TCP port of this machine."""
    return next((one for one in listeners() if one.kind == "tcp" and one.port == port), None)
