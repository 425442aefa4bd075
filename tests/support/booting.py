"""A guest that boots, as the boot stages are observed: the lab host, the guest over SSH, a port that answers."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from core.errors import HvlabError
from hypervisors.registry import get_hypervisor
from lab.connectors.base import Completed
from lab.guests.boot_progress import BootStage, guest_progress
from lab.guests.topology import Guest

RUNNING = replace(get_hypervisor("virtualbox"), running_command="printf 'server2\\nserver1\\n'")


class Host:
    """Runs here what would be run on the lab host."""

    def check(self, line: str, *, stdin: bytes, timeout: float, what: str) -> str:
        done = subprocess.run(["sh", "-c", line], input=stdin, capture_output=True, timeout=timeout, check=True)
        return done.stdout.decode()


@dataclass
class Inside:
    """Stands for a guest that SSH reaches: how each command ends."""

    login: int | HvlabError = 0
    session: int = 0

    def run(self, line: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        if isinstance(self.login, HvlabError):
            raise self.login
        if stdin:
            return Completed(self.session, b"", b"Xorg does not run: no screens found\n")
        return Completed(self.login, b"", b"Permission denied (publickey).\n")


@contextmanager
def listening(says: bytes) -> Iterator[int]:
    """Listen on a port within the block and send some bytes to each client."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                kept.append(connection)
                connection.sendall(says)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        for connection in kept:
            connection.close()


def guest(port: int) -> Guest:
    """Return a guest whose SSH server is behind a port of this machine."""
    return Guest("server1", "52:54:00:68:76:01", "127.0.0.1", port)


def reached(provider: Any, port: int, inside: Inside, programs: tuple[str, ...] = ("Xorg",)) -> tuple[BootStage, str]:
    """Return the boot stage of the guest behind a port, and its text."""
    seen = guest_progress(Host(), provider, guest(port), ssh=inside, programs=programs)  # type: ignore[arg-type]
    return seen.stage, str(seen)
