"""Messages: progress on standard error, results on standard output.

Whatever is printed goes through here (tests/unit/project/test_prints.py): texts of hosts, guests and files are printed
as they are, with nothing in them that rich or a terminal obeys.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from core.foreign import visible

console = Console(stderr=True, highlight=False)


def say(text: str, *, about: str = "", style: str = "") -> None:
    """Print one line of progress, with the time of day.

    Args:
        text: It may hold foreign text.
        about: What it is about, printed before it in yellow: "not settled".
        style: Of the text, as rich names it: "dim".
    """
    line = Text.assemble((time.strftime("%H:%M:%S"), "dim"), " ")
    if about:
        line.append(visible(about), "yellow").append(": ")
    console.print(line.append(visible(text), style), soft_wrap=True)


def result(text: object) -> None:
    """Print a line, or several, on standard output; it may hold foreign text."""
    print(visible(str(text)))


def cells(*values: object) -> list[Text]:
    """Return a table's row; the values may hold foreign text."""
    return [Text(visible(str(value))) for value in values]


def show(table: Table, *, width: int | None = None, progress: bool = False) -> None:
    """Print a table, whose rows come from `cells`, on standard output, or with the progress on standard error."""
    (console if progress else Console(width=width)).print(table)


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
        return f"{visible(self.what)}: {', '.join(words)}"

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
    say(f"{what}: done, {time.monotonic() - begun:.0f} s")
