"""Signals that end a command: the first lets it take down what it has set up, and the next does not spoil that."""

import contextlib
import os
import signal
import stat
import sys
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE = b"hvlab: taking down what was set up; Ctrl-C once more leaves it as it is (then: ./invoke lab.purge)\n"


class Interrupts:
    """Handles the signals of one command.

    The first is a KeyboardInterrupt. While the lab is taken down, a second one only tells that; a third leaves it,
    if it is typed (SIGINT). A terminal that closes sends several.
    """

    def __init__(self) -> None:
        self.seen = 0

    def install(self) -> None:
        """Handle them from now on; what the command's starter has switched off (nohup) stays so."""
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle one, as signal.signal calls it."""
        self.seen += 1
        if number == signal.SIGHUP:
            _leave_terminal()
        if self.seen == 1 or (self.seen > 2 and number == signal.SIGINT):
            raise KeyboardInterrupt
        if self.seen == 2:
            # Not through a buffer, which may just be in use. Where nobody listens there is nothing to tell.
            with contextlib.suppress(OSError):
                os.write(sys.stderr.fileno(), _PATIENCE)


def _leave_terminal() -> None:
    """Let go of a terminal that has gone: what is written to it would be an error, in the midst of taking down."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        with contextlib.suppress(OSError):
            if stat.S_ISCHR(os.fstat(number).st_mode) and not os.isatty(number):
                os.dup2(nowhere, number)
    os.close(nowhere)
