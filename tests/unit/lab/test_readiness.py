"""The ladder: which stage a machine has reached, seen from outside."""

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
from lab.guests.boot_progress import BootStage, guest_progress, host_progress
from lab.guests.topology import Guest

VIRTUALBOX = get_hypervisor("virtualbox")
RUNNING = replace(VIRTUALBOX, running_command="printf 'server2\\nserver1\\n'")


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
    """A port that says something to who connects, for as long as the block lasts."""
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
    return Guest("server1", "52:54:00:68:76:01", "127.0.0.1", port)


def reached(provider: Any, port: int, inside: Inside, programs: tuple[str, ...] = ("Xorg",)) -> tuple[BootStage, str]:
    seen = guest_progress(Host(), provider, guest(port), ssh=inside, programs=programs)  # type: ignore[arg-type]
    return seen.stage, str(seen)


def test_a_lab_host_that_does_not_answer_is_told() -> None:
    class Dead:
        def check(self, line: str, **words: Any) -> str:
            raise HvlabError("labhost cannot be reached over SSH: Connection refused")

    seen = guest_progress(Dead(), RUNNING, guest(1), ssh=Inside(), programs=())  # type: ignore[arg-type]
    assert seen.stage == BootStage.NOTHING
    assert str(seen).startswith("how far it came could not be seen (labhost cannot be reached")


def test_the_lab_hosts_own_ladder() -> None:
    inside: Any = Inside()
    with listening(b"SSH-2.0-OpenSSH_10.0\r\n") as port:
        assert host_progress(inside, port, running=False, ready=False).stage == BootStage.NOTHING
        assert host_progress(inside, port, running=True, ready=True).stage == BootStage.SESSION
        early = host_progress(inside, port, running=True, ready=False)
        assert str(early) == "it reached login; session is missing (its start script has not ended)"
    assert host_progress(inside, port, running=True, ready=False).stage == BootStage.ADDRESS
    # QEMU listens for its machine, and ends the connection when nobody in it does.
    with listening(b"XXXX") as port:
        assert host_progress(inside, port, running=True, ready=False).stage == BootStage.PORT
