"""Progress messages on standard error: what is being done, and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.text import Text

console = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print one line, with the time of day."""
    console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}", soft_wrap=True)


def expectation(usual_s: float | None, limit_s: float | None) -> str:
    """Return how long something usually takes, and when it will have failed; "" if neither is known."""
    words = [f"usually {usual_s:.0f} s here"] if usual_s is not None else []
    words += [f"at most {limit_s:.0f} s"] if limit_s is not None else []
    return f" ({', '.join(words)})" if words else ""


@dataclass(frozen=True)
class Countdown:
    """A line on a terminal that says how long something has taken and how long is left; it changes as time passes.

    Attributes:
        what: What is being done.
        usual_s: What it usually takes, seconds; None: not known.
        limit_s: After how long it will have failed, seconds; None: not known.
        begun: When it began, by the monotonic clock.
    """

    what: str
    usual_s: float | None
    limit_s: float | None
    begun: float

    def at(self, moment: float) -> str:
        """Return the line at a moment of the monotonic clock."""
        spent = moment - self.begun
        words = [f"{spent:.0f} s"]
        if self.usual_s is not None and spent <= self.usual_s:
            words.append(f"about {self.usual_s - spent:.0f} s left")
        elif self.usual_s is not None:
            words.append(f"longer than usual ({self.usual_s:.0f} s)")
        if self.limit_s is not None:
            words.append(f"given up after {self.limit_s:.0f} s")
        return f"{self.what}: {', '.join(words)}"

    def __rich__(self) -> Text:
        return Text(self.at(time.monotonic()), style="dim")


@contextmanager
def step(what: str, usual_s: float | None = None, limit_s: float | None = None) -> Iterator[None]:
    """Print `what` at the start of the block, and its duration in seconds after success.

    Args:
        what: What is being done.
        usual_s: What it usually takes here, seconds; a terminal shows then how long is left.
        limit_s: After how long it will have failed, seconds.
    """
    say(f"{what} ...{expectation(usual_s, limit_s)}")
    begun = time.monotonic()
    shown = Live(Countdown(what, usual_s, limit_s, begun), console=console, transient=True, refresh_per_second=1)
    with shown if console.is_terminal and (usual_s or limit_s) else nullcontext():
        yield
    say(f"{what}: [green]done[/green], {time.monotonic() - begun:.0f} s")
