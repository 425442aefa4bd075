"""When a guest does not come up: how far it came, what its console says, and a picture of its screen, kept as files."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from lab.console import guest_console, last_lines
from lab.errors import HvlabError
from lab.files import write_atomic
from lab.machine import Machine
from lab.progress import say
from lab.providers.base import Provider
from lab.readiness import Reached, guest_reached
from lab.screenshot import take_picture
from lab.topology import Guest

FOLDER = "failed"
# Of a console, for people who read an error.
_LINES = 8


@dataclass(frozen=True)
class Evidence:
    """What is known of a guest that did not come up.

    Attributes:
        files: What was kept of it.
    """

    reached: Reached
    files: tuple[Path, ...]

    @property
    def hint(self) -> str:
        """Where to look."""
        return f"see {', '.join(map(str, self.files))}" if self.files else "neither console nor screen could be had"


def gather(
    state: Path, host: Machine, provider: Provider, guest: Guest, *, ssh: Machine, programs: Sequence[str]
) -> Evidence:
    """Look at a guest that did not come up; print its console's last lines; keep console and screen. Never raises.

    Args:
        state: The lab's folder; the files go to `failed` in it, over those of an earlier failure of the guest.
        host: The lab host.
        ssh: The guest.
        programs: Of its session.
    """
    reached = guest_reached(host, provider, guest, ssh, programs)
    files = []
    # Each is had or not: a guest that is off has no screen, one whose kernel never started has no console.
    with contextlib.suppress(HvlabError, OSError):
        text = guest_console(host, provider, guest.name)
        files.append(_keep(state, f"{guest.name}-console.txt", text.encode()))
        for line in last_lines(text, _LINES):
            say(f"[dim]{guest.name}'s console: {escape(line)}[/dim]")
    with contextlib.suppress(HvlabError, OSError):
        files.append(_keep(state, f"{guest.name}-screen.png", take_picture(host, provider, guest.name)))
    return Evidence(reached, tuple(files))


def _keep(state: Path, name: str, content: bytes) -> Path:
    path = state / FOLDER / name
    write_atomic(path, content)
    return path
