"""Times `lab.up` of a guest against the same guest started by its hypervisor's own tool, in the same lab."""

import os
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import stamina

from core.console import step
from core.errors import HvlabError
from dataset.guests import guest_name
from hypervisors.base import Hypervisor
from lab.bench.vagrant_actions import LOGGED, seconds_by_action
from lab.guests.vagrant import vagrant_log
from lab.lifecycle import Lab


class _SilentError(HvlabError):
    """A guest does not answer over SSH yet."""


@dataclass(frozen=True)
class BringUp:
    """How long a guest took, from its start to its session; seconds, medians.

    Attributes:
        provider: The hypervisor's name.
        times: How often each was measured.
        up_s: By `lab.up`.
        bare_s: Started by the hypervisor's own tool.
        actions: Of `lab.up`, what Vagrant's actions took, the longest first.
    """

    provider: str
    times: int
    up_s: float
    bare_s: float
    actions: dict[str, float]

    @property
    def ratio(self) -> float:
        """How many times as long as the bare start `lab.up` takes."""
        return self.up_s / self.bare_s


def measure(lab: Lab, provider: str, times: int) -> BringUp:
    """Bring a guest up and start it again by hand, several times in one boot of the lab host.

    Args:
        lab: The lab, which is off before and after.
        provider: The hypervisor's name.
        times: How often.

    Raises:
        HvlabError: The lab host or the guest does not come up.
    """
    up, bare, actions = [], [], []
    with _environment(LOGGED):
        try:
            hypervisor = lab.boot(provider)
            for number in range(1, times + 1):
                # One after the other under a name of its own: each has its disk made from the box.
                guest = guest_name(number)
                seconds, parts = _timed_up(lab, hypervisor, guest)
                up.append(seconds)
                actions.append(parts)
                bare.append(_timed_bare_start(lab, hypervisor, guest))
                _power_off(lab, hypervisor, guest)
        finally:
            lab.down()
    names = dict.fromkeys(name for parts in actions for name in parts)
    medians = {name: statistics.median(parts.get(name, 0.0) for parts in actions) for name in names}
    longest = dict(sorted(medians.items(), key=lambda item: -item[1]))
    return BringUp(provider, times, statistics.median(up), statistics.median(bare), longest)


def _timed_up(lab: Lab, hypervisor: Hypervisor, guest: str) -> tuple[float, dict[str, float]]:
    log = vagrant_log(lab.state, hypervisor)
    size = log.stat().st_size if log.exists() else 0
    begun, moment = time.monotonic(), datetime.now()
    lab.up(hypervisor, guest)
    seconds, ended = time.monotonic() - begun, datetime.now()
    with log.open("rb") as stream:
        stream.seek(size)
        text = stream.read().decode(errors="replace")
    return seconds, seconds_by_action(text, moment, ended)


def _timed_bare_start(lab: Lab, hypervisor: Hypervisor, guest: str) -> float:
    """Start a guest that `lab.up` has made, from off, and wait as `lab.up` does."""
    _power_off(lab, hypervisor, guest)
    with step(f"{guest}: started by {hypervisor.title}'s own tool"), lab.connection():
        begun = time.monotonic()
        _tool(lab, hypervisor.start_command, guest)
        limit_s = lab.guest_limit_s
        for attempt in stamina.retry_context(on=_SilentError, attempts=None, timeout=limit_s, wait_max=0.5):
            with attempt:
                if not lab.guest_ssh(guest).answers():
                    raise _SilentError(f"{guest} does not answer over SSH", "see ./invoke lab.console")
        lab.wait_for_session(guest, limit_s)
        return time.monotonic() - begun


def _power_off(lab: Lab, hypervisor: Hypervisor, guest: str) -> None:
    _tool(lab, hypervisor.power_off_command, guest)


def _tool(lab: Lab, command: str, guest: str) -> None:
    # The name is one of hvlab's own.
    lab.host.shell.check(f"guest={guest}; {command}", timeout=120, what=f"{guest}: {command.split(maxsplit=1)[0]}")


@contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the programs that the block starts."""
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
