"""Signals that end a command: the first makes it take down what it set up, the next does not interrupt that."""

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

    The first raises KeyboardInterrupt. While the lab is taken down, a second one only prints a note; a third raises
    KeyboardInterrupt again if it is SIGINT. A terminal that closes sends several.
    """

    def __init__(self) -> None:
        self.seen = 0

    def install(self) -> None:
        """Install the handler, except for signals that the parent process ignores (nohup)."""
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self)

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle one signal; called by the signal module."""
        self.seen += 1
        if number == signal.SIGHUP:
            _leave_terminal()
        if self.seen == 1 or (self.seen > 2 and number == signal.SIGINT):
            raise KeyboardInterrupt
        if self.seen == 2:
            # Unbuffered: the buffer may be in use at this moment. Without a reader the note is dropped.
            with contextlib.suppress(OSError):
                os.write(sys.stderr.fileno(), _PATIENCE)


def _leave_terminal() -> None:
    """Redirect a closed terminal to /dev/null: writing to it would be an error while the lab is taken down."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        with contextlib.suppress(OSError):
            if stat.S_ISCHR(os.fstat(number).st_mode) and not os.isatty(number):
                os.dup2(nowhere, number)
    os.close(nowhere)
