"""Why a guest no longer runs, in its hypervisor's own words."""

import shlex

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.connectors.base import Machine

_MOST = 300


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
