"""Why a guest ended, or will never come up, as its hypervisor reports it."""

import shlex
import time

from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.connectors.base import Completed, Machine, last_line
from lab.guests.vital_signs import STILL_S, Pulse, VitalSigns, read_signs

_MOST = 300
# Intervals of the checks whether a guest is lost and whether it lives, and the time limit of one.
_EVERY_S = 15
_FEEL_EVERY_S = 20
_ASK_S = 30


def why_ended(host: Machine, provider: Hypervisor, guest: str) -> str:
    """Return the hypervisor's report of a guest's end, in one line of at most 300 characters.

    It follows another failure: if the lab host does not answer, the line says so, and no error is raised.

    Args:
        host: The lab host.
        provider: The guest's hypervisor.
        guest: Its name.
    """
    try:
        done = _ask(host, guest, provider.ended_command, timeout=60)
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
    try:
        output = _ask(host, guest, provider.lost_command, timeout=_ASK_S, patient=False).text.strip()
    except HvlabError:
        return None
    return f"{provider.title} has lost it ({output[-_MOST:]})" if output else None


class Watch:
    """Reports a guest that is starting and will never come up: lost, as its hypervisor says, or hung.

    Each question costs CPU on the lab host: it is asked every 15 seconds whether it is lost, every 20 for vital signs.

    Args:
        host: The lab host.
        provider: The guest's hypervisor.
        guest: Its name.
        still_s: How long its vital signs may stand still, seconds.
    """

    def __init__(self, host: Machine, provider: Hypervisor, guest: str, still_s: float = STILL_S) -> None:
        self._host, self._provider, self._guest = host, provider, guest
        self._pulse = Pulse(still_s)
        self._asked = self._felt = time.monotonic()
        self.hung = False

    def __call__(self) -> str | None:
        """Return why the guest will never come up; None while it may. To be called often."""
        if self._provider.lost_command and time.monotonic() - self._asked >= _EVERY_S:
            reason = lost(self._host, self._provider, self._guest)
            self._asked = time.monotonic()
            if reason:
                return reason
        if not self._provider.vital_command or time.monotonic() - self._felt < _FEEL_EVERY_S:
            return None
        signs = vital_signs(self._host, self._provider, self._guest)
        self._felt = time.monotonic()
        reason = self._pulse.look(self._felt, signs)
        self.hung = reason is not None
        return f"{self._provider.title}'s guest {self._guest}: {reason}" if reason else None


def vital_signs(host: Machine, provider: Hypervisor, guest: str) -> VitalSigns | None:
    """Return a guest's vital signs; None if there are none, or the lab host does not answer.

    Args:
        host: The lab host.
        provider: The guest's hypervisor.
        guest: Its name.
    """
    try:
        return read_signs(_ask(host, guest, provider.vital_command, timeout=_ASK_S, patient=False).text)
    except HvlabError:
        return None


def _ask(host: Machine, guest: str, command: str, *, timeout: float, patient: bool = True) -> Completed:
    """Run a hypervisor's command about a guest on the lab host."""
    program = f"guest={shlex.quote(guest)}\n{command}\n"
    return host.run("sh -s", stdin=program.encode(), timeout=timeout, patient=patient)
