"""A machine that runs shell lines and takes files, whatever leads to it: OpenSSH, or nothing since it is this one."""

import contextlib
import hashlib
import os
import shlex
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO

from core.cause import last_line as last_text_line
from core.errors import HvlabError
from core.files import write_atomic
from core.pace import Pace
from lab.connectors.patience import Patience

# A shell that reads its program from the standard input and has nothing of the login's environment but what finds
# programs and their settings: TIME_STYLE, QUOTING_STYLE, LS_COLORS, S_COLORS, LANG and others change what tools print.
# The words are those of every login shell, csh's and fish's, too.
CLEAN_SHELL = 'env -i PATH="$PATH" HOME="$HOME" USER="$USER" LOGNAME="$USER" LC_ALL=C sh -s'
_CHUNK = 1 << 20
# Whoever takes a file says what it got, so that a copy is never taken for whole that is not.
_TAKE = """\
umask 077
cat >{part} && set -- $(sha256sum {part}) && [ "$1" ] && echo "$1"
"""


class CommandTimeoutError(HvlabError):
    """A command did not end in its time."""

    CODE = "command-timeout"


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


def _run(command: Sequence[str], stdin: bytes, timeout: float) -> Completed:
    """Run a program in a session of its own, so that nothing of it outlives its time.

    Raises:
        subprocess.TimeoutExpired: It took longer than `timeout` seconds; holds what it had printed.
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True) as process:
        try:
            stdout, stderr = process.communicate(stdin, timeout=timeout)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return Completed(process.returncode, stdout, stderr)


def last_line(output: bytes) -> str:
    """Return the last line that is not empty, at most 300 characters of its end; "" if there is none."""
    return last_text_line(output.decode(errors="replace"))


class Machine:
    """A machine; what leads to it is in `command`.

    Attributes:
        name: What messages call it.
        patience: How long a connection that fails is tried again; None: not at all.
        pace: How much longer all time limits are than the callers say; None: they are as they say.
    """

    name: str
    patience: Patience | None = None
    pace: Pace | None = None

    def _scaled(self, seconds: float) -> float:
        """Return a time limit as it is on this machine."""
        return self.pace.scaled(seconds) if self.pace else seconds

    def command(self, remote: str, *options: str) -> list[str]:
        """Return the local command that runs the shell line `remote` there."""
        raise NotImplementedError

    def run(self, remote: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        """Run a shell line there and return how it ended, whatever its exit status.

        Args:
            remote: The line; it runs once at most.
            timeout: Seconds for one attempt, connection and command, where `pace` does not stretch them.
            stdin: The line's standard input.
            patient: Try again a connection that cannot be made, as long as `patience` says.

        Raises:
            CommandTimeoutError: It takes longer than `timeout` seconds.
            NotConnectedError: The machine cannot be reached; nothing was run.
            ConnectionLostError: The connection broke while the line ran.
            HvlabError: There is no ssh(1) here.
        """
        limit_s = self._scaled(timeout)
        if not (patient and self.patience):
            return self._run_once(remote, timeout=limit_s, stdin=stdin)
        for attempt in self.patience.attempts(self.name, self._scaled(self.patience.seconds)):
            with attempt:
                return self._run_once(remote, timeout=limit_s, stdin=stdin)
        raise AssertionError("attempts end with a result or an error")

    def _run_once(self, remote: str, *, timeout: float, stdin: bytes) -> Completed:
        """Run a shell line there, by one connection; see `run`."""
        try:
            done = _run(self.command(self._marked(remote)), stdin, timeout)
        except subprocess.TimeoutExpired as error:
            short = remote.strip().splitlines()[0][:80]
            raise CommandTimeoutError(f"{self.name}: {short!r} did not end within {timeout:.0f} s") from error
        except FileNotFoundError as error:
            raise HvlabError(
                f"{self.name}: {error.filename} is not installed here",
                "apt-get install openssh-client",
                code="no-ssh",
            ) from error
        return self._reached(done)

    def _marked(self, remote: str) -> str:
        """Return the shell line with what shows that it has begun, where a connection leads to the machine."""
        return remote

    def _reached(self, done: Completed) -> Completed:
        """Distinguish a failure of the command from one of the connection; return the command's own outcome.

        Raises:
            NotConnectedError: No connection was made.
            ConnectionLostError: It broke.
        """
        return done

    def check(self, remote: str, *, timeout: float, what: str, stdin: bytes = b"") -> str:
        """Run a shell line there that must succeed; return its standard output.

        Raises:
            HvlabError: If it fails; `what` says what it was for.
        """
        done = self.run(remote, timeout=timeout, stdin=stdin)
        if done.status:
            why = last_line(done.stderr) or last_line(done.stdout) or f"exit {done.status}"
            raise HvlabError(f"{what} failed on {self.name}: {why}", code="command-failed")
        return done.text

    def answers(self, timeout: float = 40) -> bool:
        """Return whether it runs a line now."""
        try:
            return self.run("true", timeout=timeout, patient=False).status == 0
        except HvlabError:
            return False

    def put(self, source: IO[bytes], target: str, *, timeout: float) -> str:
        """Write all that can be read from `source` to the file `target` there, which appears whole or not at all.

        Returns:
            Its SHA-256; that of the copy was compared with it.

        Raises:
            HvlabError: It did not arrive as it was sent, or not within `timeout` seconds.
        """
        timeout = self._scaled(timeout)
        part = f"{target}.part"
        line = _TAKE.format(part=shlex.quote(part))
        sent = hashlib.sha256()
        pipe = subprocess.PIPE
        with subprocess.Popen(
            self.command(self._marked(line)), stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        ) as process:
            over = Timer(timeout, process.kill)
            over.start()
            try:
                _pour(source, process.stdin, sent.update)
                output, errors = process.communicate()
            except BaseException:
                process.kill()
                raise
            finally:
                over.cancel()
        if process.returncode < 0:
            raise CommandTimeoutError(f"{self.name}: {target} was not there within {timeout:.0f} s")
        done = self._reached(Completed(process.returncode, output, errors))
        if done.status:
            why = last_line(done.stderr) or f"exit {done.status}"
            raise HvlabError(f"{self.name}: {target} cannot be written: {why}", code="cannot-write")
        if done.text.strip() != sent.hexdigest():
            raise HvlabError(
                f"{self.name}: {target} did not arrive as it was sent",
                "is its disk or memory at fault?",
                code="copy-differs",
            )
        quoted = shlex.quote(part), shlex.quote(target)
        self.check(f"mv -f {quoted[0]} {quoted[1]}", timeout=60, what=f"writing {target}")
        return sent.hexdigest()

    def get(self, source: str, target: Path, *, timeout: float) -> str:
        """Write the file `source` there to `target` here, which appears whole or not at all; for what fits in memory.

        Returns:
            Its SHA-256; that of the original was compared with it.

        Raises:
            HvlabError: It cannot be read there, or did not arrive as it is.
        """
        name = shlex.quote(source)
        output = self.check(f"sha256sum {name}", timeout=timeout, what=f"reading {source}")
        done = self.run(f"cat {name}", timeout=timeout)
        found = hashlib.sha256(done.stdout).hexdigest()
        if output.split()[0].lstrip("\\") != found:
            raise HvlabError(f"{self.name}: {source} did not arrive as it is", "does somebody write to it?")
        write_atomic(target, done.stdout)
        return found

    def shared_connection(self, socket: Path) -> AbstractContextManager[None]:
        """Hold one connection that all commands meanwhile go through, where there is a connection."""
        return nullcontext()

    def interactive(self, words: Sequence[str]) -> int:
        """Attach the terminal to a session there, or run one line; return its exit status."""
        raise NotImplementedError


def _pour(source: IO[bytes], sink: IO[bytes] | None, note: Callable[[bytes], object]) -> None:
    """Copy a stream to another; one whose reader is gone is for the reader's exit status to explain."""
    with contextlib.suppress(BrokenPipeError):
        while sink and (piece := source.read(_CHUNK)):
            note(piece)
            sink.write(piece)
        if sink:
            sink.flush()
