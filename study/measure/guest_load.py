"""The load of a study: started in all guests, seen to run when the lab host was read, ended, and what it reports."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TypeVar

from core.console import say
from core.errors import HvlabError
from dataset.guests import guest_name
from hypervisors.base import Hypervisor
from lab.connectors.base import Machine
from lab.connectors.patience import Patience
from lab.lifecycle import Lab
from lab.loads.peer import Peer, start_peer
from lab.loads.supervisor import Ended, Supervised, Task, start
from loads import parts
from loads.base import Program
from study.measure.collector import Output
from study.meters.registry import meter

# How long a guest that does not accept a connection is asked again, seconds: it is at work.
_PATIENCE_S = 60
# Guests that are spoken to at once: each takes a session of the lab host's sshd.
_AT_ONCE = 4
# Of the memory that each process held at the reading's end: evidence, beside the programs' own reports.
HELD = "guest-load-held"

Answer = TypeVar("Answer")


class GuestLoad:
    """The load of one run, in the guests that are up.

    Args:
        lab: The lab.
        provider: The hypervisor.
    """

    def __init__(self, lab: Lab, provider: Hypervisor) -> None:
        self.lab, self.provider = lab, provider
        self.load, self.sizes = lab.settings.load.load, lab.settings.load.sizes()
        self._running: list[Supervised] = []
        self._peer: Peer | None = None
        self._began, self._clock = datetime.now(UTC), 0.0

    def start(self, guests: int) -> None:
        """Start it in server1 .. serverN, and return when it runs in each.

        Raises:
            HvlabError: It does not run in one of them (code `load-failed`; names the guest).
        """
        host, programs = self.lab.host.shell, list(self.load.programs)
        self._peer = start_peer(host, self._guest(1), self.provider, programs, sizes=self.sizes, guests=guests)
        self._began, self._clock = datetime.now(UTC), time.monotonic()
        self._running = _at_once(self._start_in, range(1, guests + 1))

    def end(self) -> dict[str, Output]:
        """See that it still runs everywhere, end it, and return one output for each program, and what was held.

        Raises:
            HvlabError: It did not run as asked in one guest (code `load-failed`; names the guest).
        """
        held = _at_once(Supervised.check, self._running)
        ended = _at_once(Supervised.end, self._running)
        self._end_peer()
        names = [guest_name(number) for number in range(1, len(ended) + 1)]
        self._running = []
        outputs = {
            program.meter: self._output(
                program, {name: each[program.meter] for name, each in zip(names, ended, strict=True)}
            )
            for program in self.load.programs
        }
        lines = [
            f"{name} {what} {kib} KiB" for name, each in zip(names, held, strict=True) for what, kib in each.items()
        ]
        evidence = Output("ps -e -o pid= -o ppid= -o rss=", 0, self._began, 0.0, "\n".join([*lines, ""]).encode(), b"")
        return outputs | {HELD: evidence}

    def abandon(self) -> None:
        """End what answers it on the lab host after a failure; the guests themselves are about to be removed."""
        self._running = []
        try:
            self._end_peer()
        except HvlabError as error:
            # The failure that led here is what the user must read.
            say(str(error), about="load")

    def _end_peer(self) -> None:
        peer, self._peer = self._peer, None
        if peer:
            peer.end()

    def _guest(self, number: int) -> Machine:
        return self.lab.guest_ssh(guest_name(number), Patience(_PATIENCE_S))

    def _start_in(self, number: int) -> Supervised:
        tasks = [Task(each.meter, each.line(self.sizes), each.holds(self.sizes)) for each in self.load.programs]
        try:
            return start(self._guest(number), tasks, {"number": str(number)})
        except HvlabError as error:
            raise HvlabError(f"{guest_name(number)}: {error.message}", error.hint, code="load-failed") from error

    def _output(self, program: Program, ended: dict[str, Ended]) -> Output:
        """Return what a program printed in all guests, once each guest's part can be read.

        Raises:
            HvlabError: It failed in one.
        """
        for guest, each in ended.items():
            if each.status not in program.statuses:
                words = (each.stderr or each.stdout).decode(errors="replace").strip()[-200:]
                raise HvlabError(
                    f"{guest}: {program.meter} ended with status {each.status}: {words}", code="load-failed"
                )
            try:
                meter(program.meter).parse(parts.join({guest: each.stdout}).decode(errors="replace"))
            except HvlabError as error:
                raise HvlabError(f"{guest}: {error.message}", error.hint, code="load-failed") from error
        text = parts.join({guest: each.stdout for guest, each in ended.items()})
        return Output(program.line(self.sizes), 0, self._began, time.monotonic() - self._clock, text, b"")


def _at_once(do: Callable[..., Answer], of: Sequence[object]) -> list[Answer]:
    """Do something with several guests at once; return the answers in their order, or raise the first one's error."""
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return list(pool.map(do, of))
