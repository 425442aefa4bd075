"""The machines that can be asked: this one, and one that OpenSSH's client reaches."""

import os
import re
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from lab.doctor.check import Kind
from lab.errors import HvlabError
from lab.images.profiles import OLD_SSH

_FORMS = "--host=nested, --host=local or --host=ssh://user@host:port"
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_SAFE_ADDRESS = re.compile(r"[A-Za-z0-9:][A-Za-z0-9:.%_-]*")


@dataclass(frozen=True)
class Answer:
    """How a shell line ended: exit status (None if it did not end in time) and standard output."""

    status: int | None
    stdout: str


class Host(Protocol):
    """A machine that runs shell lines."""

    def run(self, line: str, timeout: float) -> Answer:
        """Run a line of POSIX shell without input, for at most `timeout` seconds.

        Raises:
            HvlabError: If the machine cannot be reached.
        """


def _run(command: Sequence[str], timeout: float) -> tuple[Answer, str]:
    """Run a program in a session of its own, so that nothing of it outlives the time-out; also return its errors."""
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        status: int | None
        try:
            stdout, stderr = process.communicate(timeout=timeout)
            status = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            status = None
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return Answer(status, stdout.decode(errors="replace")), stderr.decode(errors="replace")


@dataclass(frozen=True)
class ThisMachine:
    """The controller itself."""

    def run(self, line: str, timeout: float) -> Answer:
        """Run a line here."""
        return _run(["sh", "-c", line], timeout)[0]


@dataclass(frozen=True)
class SshMachine:
    """Another machine, with the user's own keys and known hosts; also OpenSSH 4.3.

    Attributes:
        port: None for what the user's ssh_config says.
        options: Further arguments of ssh(1).
    """

    address: str
    user: str | None = None
    port: int | None = None
    options: tuple[str, ...] = ()

    def _command(self, line: str) -> list[str]:
        settings = {"BatchMode": "yes", "ConnectTimeout": "15", "UpdateHostKeys": "no", "LogLevel": "ERROR", **OLD_SSH}
        words = ["ssh", *self.options]
        for name, value in settings.items():
            words += ["-o", f"{name}={value}"]
        words += ["-p", str(self.port)] if self.port else []
        words += ["-l", self.user] if self.user else []
        return [*words, "--", self.address, line]

    def run(self, line: str, timeout: float) -> Answer:
        """Run a line there."""
        answer, errors = _run(self._command(line), timeout)
        if answer.status == 255:
            why = errors.strip().splitlines()[-1:] or ["no answer"]
            raise HvlabError(
                f"{self.address} cannot be reached over SSH: {why[0]}",
                "log in once by hand with ssh, with a key that needs no question, and try again",
            )
        return answer


def _wrong(text: str, why: str) -> HvlabError:
    return HvlabError(f"--host={text}: {why}", _FORMS)


def parse_host(text: str) -> tuple[Kind, Host]:
    """Return which kind of lab host `text` names, and the machine to ask.

    Raises:
        HvlabError: If it is none of the three forms.
    """
    if text in ("nested", "local"):
        return ("nested" if text == "nested" else "local"), ThisMachine()
    if not text.startswith("ssh://"):
        raise _wrong(text, "no such lab host")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise _wrong(text, str(error)) from error
    if parts.password is not None:
        raise _wrong("ssh://...", "a password has no place there")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _wrong(text, "nothing may follow the port")
    # A name that begins with a hyphen would be an option to ssh.
    if not parts.hostname or not _SAFE_ADDRESS.fullmatch(parts.hostname):
        raise _wrong(text, "no host name")
    if parts.username is not None and not _SAFE.fullmatch(parts.username):
        raise _wrong(text, "no user name")
    if port == 0:
        raise _wrong(text, "port 0 cannot be reached")
    return "ssh", SshMachine(parts.hostname, parts.username, port)
