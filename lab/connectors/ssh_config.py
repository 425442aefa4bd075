"""Reaches the lab host and the guests with OpenSSH's client, through one configuration file."""

import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.errors import HvlabError
from core.files import write_atomic
from core.pace import Pace
from core.process import run
from lab.connectors.base import Completed, Machine, last_line
from lab.connectors.patience import ConnectionLostError, NotConnectedError, Patience

# What every entry has: our key and no other, no questions, no waiting for a dead peer.
# In a lab's state folder: where the one connection that is held for several commands listens.
SOCKET = "ssh.sock"
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


_STATE = "./invoke lab.status shows its state"
# Printed by the other machine before the command begins; without it, a failed ssh(1) has run nothing.
_BEGUN = b"hvlab: connected\n"
# What ssh(1) ends with where another attempt would end in the same way.
_IN_VAIN = (
    b"Permission denied", b"Host key verification failed", b"Could not resolve hostname", b"Bad configuration option",
    b"Too many authentication failures", b"no matching",
)  # fmt: skip


def mark_begin(remote: str) -> str:
    """Return a shell line that prints to standard error that it has begun, then does what `remote` does."""
    return f"echo {_BEGUN.decode().strip()!r} >&2\n{remote}"


def without_mark(name: str, done: Completed) -> Completed:
    """Return how a marked command ended, without the mark.

    Args:
        name: The machine, for messages.
        done: How ssh(1) ended; 255 is its own exit status.

    Raises:
        NotConnectedError: No connection was made, or the shell on the other side did not begin.
        HvlabError: The same, for a reason that does not pass; code `unreachable`, too.
        ConnectionLostError: The connection broke while the command ran.
    """
    before, mark, after = done.stderr.partition(_BEGUN)
    stderr = before + after
    if done.status == 255:
        why = last_line(stderr) or "no answer"
        if mark:
            raise ConnectionLostError(f"the connection to {name} broke while a command ran: {why}", _STATE)
        message = f"{name} cannot be reached over SSH: {why}"
        if any(words in stderr for words in _IN_VAIN):
            raise HvlabError(message, _STATE, code=NotConnectedError.CODE)
        raise NotConnectedError(message, _STATE)
    return Completed(done.status, done.stdout, stderr)


@dataclass(frozen=True)
class Ssh(Machine):
    """One machine that is reached over SSH.

    Attributes:
        config: ssh configuration file with an entry `name`.
        name: The machine's name there.
        patience: How long a connection that fails is tried again; None: not at all.
        pace: How much longer all time limits are than the callers say; None: they are as they say.
    """

    config: Path
    name: str
    patience: Patience | None = field(default=None, kw_only=True)
    pace: Pace | None = field(default=None, kw_only=True)

    def command(self, remote: str, *options: str) -> list[str]:
        """Return the local command that runs the shell line `remote` there."""
        return ["ssh", "-F", str(self.config), *options, self.name, remote]

    def _marked(self, remote: str) -> str:
        return mark_begin(remote)

    def _reached(self, done: Completed) -> Completed:
        return without_mark(self.name, done)

    def _start_master(self, socket: Path) -> None:
        """Start ssh(1) in the background as master of a connection.

        Raises:
            NotConnectedError: It makes none.
        """
        socket.unlink(missing_ok=True)
        # Detached with its own output: a master that keeps a pipe open would hang whoever reads it.
        master = ["ssh", "-F", str(self.config), "-M", "-N", "-f", "-o", f"ControlPath={socket}", self.name]
        with Path(os.devnull).open("r+b") as null:
            status = _status(master, null, timeout=90)
        if status != 0:
            raise NotConnectedError(f"{self.name} cannot be reached over SSH", _STATE)

    @contextmanager
    def shared_connection(self, socket: Path) -> Iterator[None]:
        """Hold one connection that all commands meanwhile go through; nothing of it is left there afterwards.

        Raises:
            NotConnectedError: It cannot be made, however often it was tried.
        """
        for attempt in self.patience.attempts(self.name) if self.patience else [nullcontext()]:
            with attempt:
                self._start_master(socket)
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
