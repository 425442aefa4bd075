"""Progress messages on standard error: what is being done, and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print one line, with the time of day."""
    console.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {text}", soft_wrap=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Print `what` at the start of the block, and its duration in seconds after success."""
    say(f"{what} ...")
    begun = time.monotonic()
    yield
    say(f"{what}: [green]done[/green], {time.monotonic() - begun:.0f} s")
