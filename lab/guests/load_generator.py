"""A load generator on a machine that SSH reaches, controlled while it runs: memory to the page, a share of one CPU.

One process (lab/guests/load.pl) uses all of it, so that Perl's own memory is the same before and after each step.
It is written in Perl because Perl's core is on every Debian and on CentOS: nothing is installed or compiled there.
"""

import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import HvlabError
from lab.connectors.base import Machine

_PROGRAM = Path(__file__).with_name("load.pl")
_END = "HVLAB-END-OF-PROGRAM"
# Commands for the process go into a FIFO that it holds open itself; its answers are lines of a file.
_START = f"""\
d=$(mktemp -d /tmp/hvlab-load.XXXXXX) && cd "$d" && mkfifo in && cat >load.pl <<'{_END}' || exit 1
{{program}}{_END}
setsid perl load.pl <>in >out 2>&1 & echo $! >pid
while kill -0 "$(cat pid)" && ! grep -q . out; do sleep 0.1; done
grep -q 'done start' out || {{{{ cat out >&2; exit 1; }}}}
echo "$d"
"""
_COMMAND = """\
cd {folder} || exit 1
n=$(grep -c '' out)
echo {line} >in
while [ "$(grep -c '' out)" -le "$n" ]; do kill -0 "$(cat pid)" || exit 1; sleep 0.1; done
tail -n +$((n+1)) out
"""
# Waits for the N-th report of a window.
_WAIT = """\
cd {folder} || exit 1
while [ "$(grep -c '^given' out)" -lt {times} ]; do kill -0 "$(cat pid)" || exit 1; sleep 0.2; done
"""
PAGES_A_MIB = 256
_FINISH = 'cd {folder} && kill "$(cat pid)"; rm -rf {folder}\n'
_GIVEN = re.compile(
    r"given own=(?P<own>[0-9.]+) wall=(?P<wall>[0-9.]+) before=(?P<before>[0-9,]+) after=(?P<after>\S+)"
)


@dataclass(frozen=True)
class LoadReport:
    """What a CPU load used within its window, as the process itself reports it.

    Attributes:
        own_s: CPU time of the process, by its own clock, seconds.
        wall_s: Length of the window, seconds.
        before: First line of the machine's /proc/stat at the window's beginning, as clock ticks.
        after: The same at its end.
        line: Its own line of output.
    """

    own_s: float
    wall_s: float
    before: tuple[int, ...]
    after: tuple[int, ...]
    line: str


class LoadGenerator:
    """A process that uses a known amount of memory and CPU; made by `running_load`.

    Args:
        ssh: The machine.
        folder: The folder of its FIFO there.
        shell: The command of the shell that it was started with.
    """

    def __init__(self, ssh: Machine, folder: str, shell: str) -> None:
        self.ssh, self.folder, self._shell = ssh, folder, shell
        self._windows, self._seconds = 0, 0.0

    def hold(self, pages: int, timeout: float = 300) -> None:
        """Hold so many more pages of 4 KiB, until the process ends.

        Raises:
            HvlabError: There are not so many.
        """
        self._command(f"hold {pages}", timeout)

    def align(self) -> None:
        """Hold pages until the last one lies in the middle of a frame of 2 MiB; needs root."""
        self._command("align", 120)

    def burn(self, percent: float, lead_s: float, seconds: float, slice_s: float = 0.04) -> None:
        """Use `percent` of one CPU until `rest`; the use within the window is reported then.

        Args:
            percent: Of one CPU.
            lead_s: From now to the window's beginning, seconds.
            seconds: Length of the window.
            slice_s: Mean length of a slice, in which it works and sleeps once, seconds.
        """
        self._command(f"burn {percent:g} {lead_s:g} {seconds:g} {slice_s:g}", 60)
        self._windows, self._seconds = self._windows + 1, lead_s + seconds

    def rest(self) -> LoadReport:
        """End the CPU load, once its window is over, and return its report of the window.

        Raises:
            HvlabError: The process ended, or its window much later than requested.
        """
        folder = shlex.quote(self.folder)
        self._run(_WAIT.format(folder=folder, times=self._windows), self._seconds + 60)
        self._command("rest", 60)
        last = [match for line in self._run(f"cat {folder}/out", 60).splitlines() if (match := _GIVEN.fullmatch(line))][
            -1
        ]
        before, after = (tuple(int(field) for field in last[name].split(",")) for name in ("before", "after"))
        return LoadReport(float(last["own"]), float(last["wall"]), before, after, last[0])

    def end(self) -> None:
        """End the process; its memory is free again."""
        self.ssh.run(self._shell, stdin=_FINISH.format(folder=shlex.quote(self.folder)).encode(), timeout=60)

    def _command(self, line: str, timeout: float) -> None:
        answer = self._run(_COMMAND.format(folder=shlex.quote(self.folder), line=shlex.quote(line)), timeout)
        if "cannot" in answer or "done" not in answer:
            raise HvlabError(
                f"{self.ssh.name}: the load {line!r} failed: {answer.strip() or 'no answer'}", code="load-failed"
            )

    def _run(self, program: str, timeout: float) -> str:
        return self.ssh.check(self._shell, stdin=program.encode(), timeout=timeout, what="a known load")


def start_load(ssh: Machine, *, root: bool = True) -> LoadGenerator:
    """Start a load generator, without a load at first; it outlives the session, until its `end`.

    Args:
        ssh: The machine.
        root: Whether the session there is root's; if not, sudo is used.

    Raises:
        HvlabError: It does not start.
    """
    shell = "sh -s" if root else "sudo sh -s"
    program = _START.format(program=_PROGRAM.read_text())
    folder = ssh.check(shell, stdin=program.encode(), timeout=60, what="starting a known load").strip()
    return LoadGenerator(ssh, folder, shell)


@contextmanager
def running_load(ssh: Machine, *, root: bool = True) -> Iterator[LoadGenerator]:
    """Start a load generator, which ends with the block. Arguments and errors as of `start_load`."""
    load = start_load(ssh, root=root)
    try:
        yield load
    finally:
        load.end()
