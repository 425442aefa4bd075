"""Runs other programs: their output goes to a log, their failure becomes one line with a hint."""

import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import HvlabError


def _last_words(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "no output"


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
        what: What it is for, for the message: "building the root".
        log: File that standard output and standard error are added to (what is returned is then empty).
        timeout: Seconds.
        env: The whole environment, or None for this process's.
        stdin: Text for its standard input; without, it reads nothing.

    Raises:
        HvlabError: If it is not there, fails, or takes too long.
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
        said = log.read_text(errors="replace") if log else done.stderr
        see = f"see {log}" if log else ""
        raise HvlabError(
            f"{what}: {words[0]} failed with exit status {done.returncode}: {_last_words(said)}", hint or see
        )
    return done.stdout or ""
