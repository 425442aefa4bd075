"""Why a guest no longer runs, or will never come up, in its hypervisor's own words."""

import shlex
import time
from collections.abc import Callable

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.connectors.base import Machine

_MOST = 300
# How often it is asked whether a guest is lost, and for how long an answer is waited for.
_EVERY_S = 15
_ASK_S = 30


def why_ended(host: Machine, provider: Hypervisor, guest: str) -> str:
    """Return what the hypervisor tells of a guest's end, in one line of at most 300 characters.

    It is asked after something else has failed already: a lab host that does not answer is told, and is no error.

    Args:
        host: The lab host.
        provider: The guest's.
        guest: Its name.
    """
    program = f"guest={shlex.quote(guest)}\n{provider.ended_command}\n"
    try:
        told = host.run("sh -s", stdin=program.encode(), timeout=60).text
    except HvlabError as error:
        return f"why is not known: {error.message}"
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    return "; ".join(lines)[-_MOST:] or f"{provider.title} does not tell why"


def lost(host: Machine, provider: Hypervisor, guest: str) -> str | None:
    """Return why a guest that is starting will never come up, in its hypervisor's words; None while it still may.

    A lab host that does not answer says nothing of the guest.

    Args:
        host: The lab host.
        provider: The guest's.
        guest: Its name.
    """
    program = f"guest={shlex.quote(guest)}\n{provider.lost_command}\n"
    try:
        told = host.run("sh -s", stdin=program.encode(), timeout=_ASK_S, patient=False).text.strip()
    except HvlabError:
        return None
    return f"{provider.title} has lost it ({told[-_MOST:]})" if told else None


def watch(host: Machine, provider: Hypervisor, guest: str) -> Callable[[], str | None]:
    """Return `lost` for callers that poll: the lab host is asked every 15 seconds only, since that costs CPU there."""
    asked = time.monotonic()

    def look() -> str | None:
        nonlocal asked
        if not provider.lost_command or time.monotonic() - asked < _EVERY_S:
            return None
        told = lost(host, provider, guest)
        asked = time.monotonic()
        return told

    return look
