"""lab.purge, and the lines that it prints."""

from pathlib import Path

from lab.active_lab import ActiveLab
from lab.hosts.unmanaged import UnmanagedHost
from lab.purge import purge


def purged(state: Path, host: UnmanagedHost | None = None) -> list[str]:
    """Purge the lab of a state folder, with the unmanaged host that the user names; return what was printed."""
    lines: list[str] = []
    purge(ActiveLab(state), lines.append, host.address if host else None, host.config if host else "")
    return lines
