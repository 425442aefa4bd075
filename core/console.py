"""Says what is going on and how long it took, on standard error."""

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
    """Print `what` when it begins, and the seconds it took when it has ended well."""
    say(f"{what} ...")
    begun = time.monotonic()
    yield
    say(f"{what}: [green]done[/green], {time.monotonic() - begun:.0f} s")
