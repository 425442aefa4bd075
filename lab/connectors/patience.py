"""Connections that fail are tried again: a busy machine answers late, and one failed question must not cost a run."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import stamina
from stamina import Attempt

from core.errors import HvlabError

# Between attempts, seconds: the first pause, and the longest; an attempt itself lasts up to ConnectTimeout.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 10.0


class NotConnectedError(HvlabError):
    """No connection was made, so nothing has happened on the other machine: the question may be asked again."""

    CODE = "unreachable"


class ConnectionLostError(HvlabError):
    """A connection broke after a command had begun; what became of the command is not known."""

    CODE = "connection-lost"


@dataclass(frozen=True)
class Retry:
    """A connection that failed and was tried again.

    Attributes:
        machine: Its name in the ssh configuration.
        reason: The error message of the attempt.
    """

    machine: str
    reason: str


def _always() -> bool:
    return True


@dataclass
class Patience:
    """How long a connection that fails is tried again.

    Attributes:
        seconds: From the first attempt on; an attempt that has begun by then is awaited.
        alive: Returns whether there still is a machine to connect to; asked after each failed attempt.
        retries: What was tried again since `take` was last called.
    """

    seconds: float
    alive: Callable[[], bool] = _always
    retries: list[Retry] = field(default_factory=list)

    def attempts(self, machine: str, seconds: float | None = None) -> Iterable[Attempt]:
        """Return attempts, each to be entered, until one does not raise `NotConnectedError` or the time is over.

        Args:
            machine: Its name, for the record.
            seconds: Instead of the usual time.
        """

        def again(error: Exception) -> bool:
            if not isinstance(error, NotConnectedError) or not self.alive():
                return False
            self.retries.append(Retry(machine, error.message))
            return True

        return stamina.retry_context(
            on=again, attempts=None, timeout=self.seconds if seconds is None else seconds,
            wait_initial=_FIRST_PAUSE_S, wait_max=_LONGEST_PAUSE_S, wait_jitter=0,
        )  # fmt: skip

    def take(self) -> list[Retry]:
        """Return what was tried again since the last call."""
        taken, self.retries = self.retries, []
        return taken
