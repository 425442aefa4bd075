"""A program whose output is seen, and which takes down what it has set up when the command is ended."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence

from core.signals import ENDING


def run_child(words: Sequence[str]) -> int:
    """Run a program to its end and return its exit status.

    It leads a session of its own, so that what ends this command reaches it and what it has started once, as an
    interrupt: not twice where that is typed (a terminal interrupts all it sees), nor never where only this process is
    ended. Then its end is awaited.
    """
    # Until it can be told, nothing ends this command.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        with subprocess.Popen(words, start_new_session=True, preexec_fn=_answer) as child:  # noqa: PLW1509 (no threads)
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


def _answer() -> None:
    """Answer to interrupts, in the child: whoever was started in the background has them switched off."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
