"""Reaches the lab host and the guests with OpenSSH's client, through one configuration file."""

import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lab.commands import run
from lab.errors import HvlabError
from lab.files import write_atomic

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
        via: Name of the entry that it is reached through.
        extra: Further lines of ssh_config.
    """

    name: str
    address: str
    port: int
    user: str
    key: Path
    via: str = ""
    extra: tuple[str, ...] = ()

    def text(self, config: Path) -> str:
        """Return the entry in the form of ssh_config(5)."""
        lines = [
            f"HostName {self.address}",
            f"Port {self.port}",
            f"User {self.user}",
            f'IdentityFile "{self.key}"',
        ]
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
class Completed:
    """How a command on another machine ended; output as bytes."""

    status: int
    stdout: bytes
    stderr: bytes

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.stdout.decode(errors="replace")


@dataclass(frozen=True)
class Ssh:
    """One machine that is reached over SSH.

    Attributes:
        config: ssh configuration file with an entry `name`.
    """

    config: Path
    name: str

    def command(self, remote: str, *options: str) -> list[str]:
        """Return the local command that runs the shell line `remote` there."""
        return ["ssh", "-F", str(self.config), *options, self.name, remote]

    def run(self, remote: str, *, timeout: float, stdin: bytes = b"") -> Completed:
        """Run a shell line there and return how it ended, whatever its exit status.

        Raises:
            HvlabError: If the machine cannot be reached, or the line takes longer than `timeout` seconds.
        """
        try:
            done = subprocess.run(self.command(remote), input=stdin, capture_output=True, timeout=timeout, check=False)
        except subprocess.TimeoutExpired as error:
            short = remote.strip().splitlines()[0][:80]
            raise HvlabError(f"{self.name}: {short!r} did not end within {timeout:.0f} s") from error
        if done.returncode == 255:
            why = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no answer"]
            raise HvlabError(f"{self.name} cannot be reached over SSH: {why[0]}", "./invoke lab.status tells its state")
        return Completed(done.returncode, done.stdout, done.stderr)

    def check(self, remote: str, *, timeout: float, what: str, stdin: bytes = b"") -> str:
        """Run a shell line there that must succeed; return its standard output.

        Raises:
            HvlabError: If it fails; `what` says what it was for.
        """
        done = self.run(remote, timeout=timeout, stdin=stdin)
        if done.status:
            lines = (done.stderr + done.stdout).decode(errors="replace").strip().splitlines()
            raise HvlabError(f"{what} failed on {self.name}: {lines[-1][:300] if lines else f'exit {done.status}'}")
        return done.text

    def answers(self, timeout: float = 40) -> bool:
        """Say whether a login works now."""
        try:
            return self.run("true", timeout=timeout).status == 0
        except HvlabError:
            return False

    @contextmanager
    def shared_connection(self, socket: Path) -> Iterator[None]:
        """Hold one connection that all commands meanwhile go through; nothing of it is left there afterwards."""
        socket.unlink(missing_ok=True)
        # Detached with its own output: a master that keeps a pipe open would hang whoever reads it.
        master = ["ssh", "-F", str(self.config), "-M", "-N", "-f", "-o", f"ControlPath={socket}", self.name]
        with Path(os.devnull).open("r+b") as null:
            status = _status(master, null, timeout=90)
        if status != 0:
            raise HvlabError(f"{self.name} cannot be reached over SSH", "./invoke lab.status tells its state")
        try:
            yield
        finally:
            stop = ["ssh", "-F", str(self.config), "-o", f"ControlPath={socket}", "-O", "exit", self.name]
            # One that does not listen ends by itself, when its other side has been silent for two minutes.
            with Path(os.devnull).open("r+b") as null:
                _status(stop, null, timeout=30)

    def interactive(self, words: Sequence[str]) -> int:
        """Give the terminal to a session there, or run one line; return its exit status."""
        remote = [shlex.join(words)] if len(words) > 1 else list(words)
        return subprocess.run(["ssh", "-F", str(self.config), self.name, *remote], check=False).returncode
