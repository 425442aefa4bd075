"""Runs other programs: to their end, supervised, or as a child that shares the terminal."""

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from core.cause import last_line
from core.errors import HvlabError
from core.signals import ENDING

_POLL_S = 0.5
# How long a program may take to end what it started: Packer its virtual machine, Vagrant its ssh.
_END_S = 60
# setpriv(1) of util-linux: the kernel sends the program SIGTERM when this process is killed and cannot end it itself.
_DIE_WITH_PARENT = ("setpriv", "--pdeathsig", "TERM")


class ProgramTimeoutError(HvlabError):
    """A supervised program did not end in its time."""

    CODE = "program-timeout"


def run(
    command: Sequence[str | Path],
    *,
    what: str,
    hint: str = "",
    log: Path | None = None,
    timeout: float | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str | None = None,
) -> str:
    """Run a program to its end and return its standard output.

    Args:
        command: Program and arguments; no shell.
        what: The purpose, for the error message: "building the root".
        hint: The error's hint; without one, the log's path.
        log: File to which standard output and standard error are appended (the returned text is then empty).
        timeout: Seconds.
        env: The whole environment, or None for this process's.
        stdin: Text for its standard input; without it, standard input is empty.

    Raises:
        HvlabError: The program is not installed, fails, or takes longer than `timeout`.
    """
    words = [str(word) for word in command]
    sink = log.open("ab") if log else None
    try:
        if sink:
            sink.write(f"$ {shlex.join(words)}\n".encode())
            sink.flush()
        done = subprocess.run(
            words,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            stdout=sink or subprocess.PIPE,
            stderr=subprocess.STDOUT if sink else subprocess.PIPE,
            text=True,
            errors="replace",
            timeout=timeout,
            env=env,
            check=False,
        )
    except FileNotFoundError as error:
        raise HvlabError(f"{what}: {words[0]} is not installed", f"install the package that has {words[0]}") from error
    except subprocess.TimeoutExpired as error:
        raise HvlabError(f"{what}: {words[0]} did not end within {timeout:.0f} s", hint) from error
    finally:
        if sink:
            sink.close()
    if done.returncode:
        output = log.read_text(errors="replace") if log else done.stderr
        see = f"see {log}" if log else ""
        raise HvlabError(
            f"{what}: {words[0]} failed with exit status {done.returncode}: {last_line(output) or 'no output'}",
            hint or see,
        )
    return done.stdout or ""


def supervise(
    command: Sequence[str],
    *,
    log: Path,
    should_abort: Callable[[], str | None],
    timeout: float,
    env: Mapping[str, str],
    hint: str = "",
) -> int:
    """Run a long program, end it early if there is a reason to, and return its exit status.

    The program leads a session of its own: an interrupt from the terminal reaches this process only, which then ends
    the program and everything that it started.

    Args:
        command: Program and arguments; no shell.
        log: File to which its output is appended.
        should_abort: Called twice a second; returns why the program should be ended now, or None.
        timeout: Seconds.
        env: The whole environment.
        hint: The error's hint.

    Raises:
        ProgramTimeoutError: The program ran longer than `timeout` and was ended.
        HvlabError: `should_abort` returned a reason, and the program was ended.
    """
    until = time.monotonic() + timeout
    with log.open("ab") as sink:
        process = subprocess.Popen(
            [*_DIE_WITH_PARENT, *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
        try:
            while process.poll() is None:
                if reason := should_abort():
                    raise HvlabError(reason, hint)
                if time.monotonic() > until:
                    raise ProgramTimeoutError(f"{Path(command[0]).name} did not end within {timeout:.0f} s", hint)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_POLL_S)
        finally:
            _end_session(process)
    return process.returncode


def _end_session(process: subprocess.Popen[bytes]) -> None:
    """End a program that leads a session of its own: SIGTERM first, then SIGKILL to what is left of the session."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def run_child(words: Sequence[str]) -> int:
    """Run a program whose output goes to this process's, and return its exit status.

    The program leads a session of its own. A signal that ends this process reaches it exactly once, as SIGINT to the
    whole session: a terminal would interrupt it a second time, and a signal sent to this process alone would not reach
    it at all. Then this function waits until the program has ended.
    """
    # Signals are blocked until the child exists and can be interrupted.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        with subprocess.Popen(words, start_new_session=True, preexec_fn=_reset_signals) as child:  # noqa: PLW1509 (no threads)
            try:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
                return child.wait()
            except KeyboardInterrupt:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGINT)
                child.wait()
                raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _reset_signals() -> None:
    """Let the child be interrupted: a shell starts background programs with SIGINT ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
