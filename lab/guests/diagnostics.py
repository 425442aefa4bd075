"""Diagnostics of a guest that does not come up: boot stage, console output and a picture of its screen, as files."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.console import say
from core.errors import HvlabError
from core.files import write_atomic
from hypervisors.base import Hypervisor
from lab.connectors.base import Machine
from lab.guests.boot_progress import BootProgress, guest_progress
from lab.guests.console import guest_console, last_lines
from lab.guests.screenshot import take_picture
from lab.guests.topology import Guest

FOLDER = "failed"
# Lines of a console that are printed with an error.
_LINES = 8


@dataclass(frozen=True)
class Evidence:
    """What is known of a guest that did not come up.

    Attributes:
        reached: Its boot stage.
        files: Console output and picture, as far as they could be saved.
        missing: Name of what could not be saved, to the reason.
    """

    reached: BootProgress
    files: tuple[Path, ...]
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def hint(self) -> str:
        """The saved files, and why others are missing."""
        kept = [f"see {', '.join(map(str, self.files))}"] if self.files else []
        return "; ".join([*kept, *(f"its {what} could not be saved ({why})" for what, why in self.missing.items())])


@dataclass(frozen=True)
class GuestFailure:
    """A start of a guest that failed.

    Attributes:
        guest: Its name.
        attempt: Which of its starts, from 1.
        hung: Whether its vital signs stood still.
        reason: The error message.
        evidence: Names of the files in the lab's folder `failed`.
    """

    guest: str
    attempt: int
    hung: bool
    reason: str
    evidence: list[str]


def gather(
    state: Path,
    host: Machine,
    provider: Hypervisor,
    guest: Guest,
    *,
    ssh: Machine,
    programs: Sequence[str],
    attempt: int = 1,
) -> Evidence:
    """Examine a guest that did not come up: print its console's last lines, save console and screen. Never raises.

    Args:
        state: The lab's folder; the files go to `failed` in it and replace those of the same attempt in an earlier run.
        host: The lab host.
        provider: The hypervisor.
        guest: The guest.
        ssh: The connection to the guest.
        programs: The programs of its session.
        attempt: Which of its starts failed, from 1.
    """
    reached = guest_progress(host, provider, guest, ssh, programs)
    stem = guest.name if attempt == 1 else f"{guest.name}-start-{attempt}"
    console, screen = (state / FOLDER / f"{stem}-{name}" for name in ("console.txt", "screen.png"))
    # Either may be missing: a guest that is off has no screen, one whose kernel never started has no console.
    why = {
        "console": _keep(console, lambda: guest_console(host, provider, guest.name).encode()),
        "screen": _keep(screen, lambda: take_picture(host, provider, guest.name)),
    }
    if not why["console"]:
        for line in last_lines(console.read_text(errors="replace"), _LINES):
            say(f"{guest.name}'s console: {line}", style="dim")
    files = tuple(path for path, missing in zip((console, screen), why.values(), strict=True) if not missing)
    return Evidence(reached, files, {what: reason for what, reason in why.items() if reason})


def keep_host_console(state: Path, log: Path) -> Path:
    """Keep the console of a lab host that died, which its next boot overwrites; print the last lines. Never raises.

    Args:
        state: The lab's folder; the file goes to `failed` in it.
        log: Its console's log.

    Returns:
        The file; `log` itself if it could not be kept.
    """
    kept = state / FOLDER / "labhost-console.txt"
    if _keep(kept, log.read_bytes):
        return log
    for line in last_lines(kept.read_text(errors="replace"), _LINES):
        say(f"the lab host's console: {line}", style="dim")
    return kept


def _keep(path: Path, get: Callable[[], bytes]) -> str:
    """Save a file, in place of an earlier failure's; return why that failed, "" if it succeeded."""
    try:
        path.unlink(missing_ok=True)
        write_atomic(path, get())
    except (HvlabError, OSError) as error:
        return error.message if isinstance(error, HvlabError) else str(error)
    return ""
