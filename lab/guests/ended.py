"""Why a guest ended, or will never come up, as its hypervisor reports it."""

import shlex
import time
from collections.abc import Callable

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.connectors.base import Machine, last_line

_MOST = 300
# Interval of the checks whether a guest is lost, and the time limit of one.
_EVERY_S = 15
_ASK_S = 30


def why_ended(host: Machine, provider: Hypervisor, guest: str) -> str:
    """Return the hypervisor's report of a guest's end, in one line of at most 300 characters.

    It follows another failure: if the lab host does not answer, the line says so, and no error is raised.

    Args:
        host: The lab host.
        provider: The guest's hypervisor.
        guest: Its name.
    """
    program = f"guest={shlex.quote(guest)}\n{provider.ended_command}\n"
    try:
        done = host.run("sh -s", stdin=program.encode(), timeout=60)
    except HvlabError as error:
        return f"the cause is unknown: {error.message}"
    lines = [line.strip() for line in done.text.splitlines() if line.strip()]
    if lines:
        return "; ".join(lines)[-_MOST:]
    failed = last_line(done.stderr)
    return f"the cause is unknown: {failed}" if failed else f"{provider.title} reports no cause"


def lost(host: Machine, provider: Hypervisor, guest: str) -> str | None:
    """Return why a guest that is starting will never come up, as its hypervisor reports it; None while it still may.

    None also if the lab host does not answer.

    Args:
        host: The lab host.
        provider: The guest's hypervisor.
        guest: Its name.
    """
    program = f"guest={shlex.quote(guest)}\n{provider.lost_command}\n"
    try:
        output = host.run("sh -s", stdin=program.encode(), timeout=_ASK_S, patient=False).text.strip()
    except HvlabError:
        return None
    return f"{provider.title} has lost it ({output[-_MOST:]})" if output else None


def watch(host: Machine, provider: Hypervisor, guest: str) -> Callable[[], str | None]:
    """Return `lost` for callers that poll: it runs only every 15 seconds, since it costs CPU on the lab host."""
    asked = time.monotonic()

    def look() -> str | None:
        nonlocal asked
        if not provider.lost_command or time.monotonic() - asked < _EVERY_S:
            return None
        reason = lost(host, provider, guest)
        asked = time.monotonic()
        return reason

    return look
