"""Reaches the lab host and the guests with OpenSSH's client, through one configuration file."""

import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import HvlabError
from core.files import write_atomic
from core.process import run
from lab.connectors.base import Completed, Machine, last_line

# What every entry has: our key and no other, no questions, no waiting for a dead peer.
COMMON = """\
    BatchMode yes
    IdentitiesOnly yes
    StrictHostKeyChecking no
    UserKnownHostsFile /dev/null
    LogLevel ERROR
    ConnectTimeout 30
    ServerAliveInterval 15
    ServerAliveCountMax 8
"""


@dataclass(frozen=True)
class SshEntry:
    """One machine in the configuration file.

    Attributes:
        name: What it is called: "labhost", "server1".
        address: Host name or address, as seen from `via` if that is given.
        key: The only private key that is tried; None: `extra` says which.
        via: Name of the entry that it is reached through.
        extra: Further lines of ssh_config; where they contradict what every entry has, they win.
    """

    name: str
    address: str
    port: int
    user: str
    key: Path | None
    via: str = ""
    extra: tuple[str, ...] = ()

    def text(self, config: Path) -> str:
        """Return the entry in the form of ssh_config(5)."""
        lines = [
            f"HostName {self.address}",
            f"Port {self.port}",
            f"User {self.user}",
        ]
        if self.key:
            lines.append(f'IdentityFile "{self.key}"')
        if self.via:
            lines.append(f'ProxyCommand ssh -F "{config}" -W %h:%p {self.via}')
        body = "".join(f"    {line}\n" for line in (*lines, *self.extra))
        return f"Host {self.name}\n{body}{COMMON}"


def write_config(path: Path, entries: Sequence[SshEntry]) -> None:
    """Write an ssh configuration file."""
    write_atomic(path, "\n".join(entry.text(path) for entry in entries).encode())


def make_key(path: Path, kind: str = "ed25519") -> str:
    """Make a key pair (0600) if there is none; return the public key's first two words."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        run(
            ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "hvlab", "-f", path],
            what="making an SSH key",
        )
    return " ".join(path.with_suffix(".pub").read_text().split()[:2])


def _status(command: Sequence[str], null: IO[bytes], timeout: float) -> int | None:
    """Run a command without input and output; return its exit status, None if it did not end in time."""
    try:
        return subprocess.run(command, stdin=null, stdout=null, stderr=null, check=False, timeout=timeout).returncode
    except subprocess.TimeoutExpired:
        return None


@dataclass(frozen=True)
class Ssh(Machine):
    """One machine that is reached over SSH.

    Attributes:
        config: ssh configuration file with an entry `name`.
    """

    config: Path
    name: str

    def command(self, remote: str, *options: str) -> list[str]:
        """Return the local command that runs the shell line `remote` there."""
        return ["ssh", "-F", str(self.config), *options, self.name, remote]

    def _require_reached(self, done: Completed) -> None:
        """ssh(1) itself ends with 255."""
        if done.status == 255:
            why = last_line(done.stderr) or "no answer"
            raise HvlabError(
                f"{self.name} cannot be reached over SSH: {why}",
                "./invoke lab.status shows its state",
                code="unreachable",
            )

    @contextmanager
    def shared_connection(self, socket: Path) -> Iterator[None]:
        """Hold one connection that all commands meanwhile go through; nothing of it is left there afterwards."""
        socket.unlink(missing_ok=True)
        # Detached with its own output: a master that keeps a pipe open would hang whoever reads it.
        master = ["ssh", "-F", str(self.config), "-M", "-N", "-f", "-o", f"ControlPath={socket}", self.name]
        with Path(os.devnull).open("r+b") as null:
            status = _status(master, null, timeout=90)
        if status != 0:
            raise HvlabError(
                f"{self.name} cannot be reached over SSH", "./invoke lab.status shows its state", code="unreachable"
            )
        try:
            yield
        finally:
            stop = ["ssh", "-F", str(self.config), "-o", f"ControlPath={socket}", "-O", "exit", self.name]
            # One that does not listen ends by itself, when its other side has been silent for two minutes.
            with Path(os.devnull).open("r+b") as null:
                _status(stop, null, timeout=30)

    def interactive(self, words: Sequence[str]) -> int:
        """Attach the terminal to a session there, or run one line; return its exit status."""
        remote = [shlex.join(words)] if len(words) > 1 else list(words)
        return subprocess.run(["ssh", "-F", str(self.config), self.name, *remote], check=False).returncode
