"""Runs a long program and ends it, with all that it started, once there is no sense in waiting any longer."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.errors import HvlabError

_POLL_S = 0.5
# What a program needs to end what it started itself: Packer its machine, Vagrant its ssh.
_END_S = 60
# util-linux's setpriv(1): the kernel ends the program when this process is killed and can no longer do so.
_WITH_US = ("setpriv", "--pdeathsig", "TERM")


class Stuck(HvlabError):
    """A program did not end in its time."""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program that leads a session of its own: ask it, then kill what is left of the session."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait(process: subprocess.Popen[bytes], look: Callable[[], str | None], timeout: float, what: str) -> str | None:
    """Wait for a program's end; return why it should be ended before, if it should.

    Raises:
        Stuck: Its time is over.
    """
    until = time.monotonic() + timeout
    while process.poll() is None:
        if cause := look():
            return cause
        if time.monotonic() > until:
            raise Stuck(f"{what} did not end within {timeout:.0f} s")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_S)
    return None


def run_watched(
    command: Sequence[str],
    *,
    log: Path,
    look: Callable[[], str | None],
    timeout: float,
    env: Mapping[str, str],
    hint: str = "",
) -> int:
    """Run a program to its end and return its exit status; its output is added to `log`.

    The program leads a session of its own: an interrupt from the terminal reaches this process, which then ends the
    program and all that it started.

    Args:
        look: Asked twice a second why the program should be ended; None: it should not.
        timeout: Seconds.
        env: The whole environment.
        hint: For the error.

    Raises:
        Stuck: It was ended since its time was over.
        HvlabError: It was ended since `look` said why.
    """
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [*_WITH_US, *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
        try:
            cause = _wait(process, look, timeout, Path(command[0]).name)
        except Stuck as error:
            raise Stuck(error.message, hint) from error
        finally:
            _end(process)
    if cause:
        raise HvlabError(cause, hint)
    return process.returncode
