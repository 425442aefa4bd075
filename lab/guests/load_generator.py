"""A known load on a machine that SSH reaches, steered while it is there: memory to the page, a share of one CPU.

One process (lab/guests/load.pl) takes all of it, so that what Perl itself takes is there before and after each step.
The process is Perl because Perl's core is on every Debian and on CentOS: nothing has to be installed or compiled there.
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
# What is said to the process goes into a FIFO that it holds open itself; its answers are lines of a file.
_START = f"""\
d=$(mktemp -d /tmp/hvlab-load.XXXXXX) && cd "$d" && mkfifo in && cat >load.pl <<'{_END}' || exit 1
{{program}}{_END}
setsid perl load.pl <>in >out 2>&1 & echo $! >pid
while kill -0 "$(cat pid)" && ! grep -q . out; do sleep 0.1; done
grep -q 'done start' out || {{{{ cat out >&2; exit 1; }}}}
echo "$d"
"""
_SAY = """\
cd {folder} || exit 1
n=$(grep -c '' out)
echo {line} >in
while [ "$(grep -c '' out)" -le "$n" ]; do kill -0 "$(cat pid)" || exit 1; sleep 0.1; done
tail -n +$((n+1)) out
"""
# The load's own line about its window has come, for the N-th time.
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
class Given:
    """What a CPU load took within its window, told by itself.

    Attributes:
        own_s: CPU time of the process, by its own clock, seconds.
        wall_s: Length of the window, seconds.
        before: First line of the machine's /proc/stat at the window's beginning, as clock ticks.
        after: The same at its end.
        line: In its own words.
    """

    own_s: float
    wall_s: float
    before: tuple[int, ...]
    after: tuple[int, ...]
    line: str


class LoadGenerator:
    """The process that takes a known load; made by `running_load`.

    Args:
        ssh: The machine.
        folder: Where the process has its FIFO there.
        shell: The shell that it was started with.
    """

    def __init__(self, ssh: Machine, folder: str, shell: str) -> None:
        self.ssh, self.folder, self._shell = ssh, folder, shell
        self._windows, self._seconds = 0, 0.0

    def hold(self, pages: int, timeout: float = 300) -> None:
        """Take so many pages of 4 KiB more, until the process ends.

        Raises:
            HvlabError: There is not so much.
        """
        self._say(f"hold {pages}", timeout)

    def align(self) -> None:
        """Take pages until the last lies in the middle of a frame of 2 MiB; needs root."""
        self._say("align", 120)

    def burn(self, percent: float, lead_s: float, seconds: float, slice_s: float = 0.04) -> None:
        """Take `percent` of one CPU until `rest`; what it gave in the window goes into `given`.

        Args:
            percent: Of one CPU.
            lead_s: From now to the window's beginning, seconds.
            seconds: Length of the window.
            slice_s: Mean length of a slice, in which it works and sleeps once, seconds.
        """
        self._say(f"burn {percent:g} {lead_s:g} {seconds:g} {slice_s:g}", 60)
        self._windows, self._seconds = self._windows + 1, lead_s + seconds

    def rest(self) -> Given:
        """End the CPU load, once its window is over, and return what it gave in it.

        Raises:
            HvlabError: The process ended, or took much longer than it was told.
        """
        folder = shlex.quote(self.folder)
        self._run(_WAIT.format(folder=folder, times=self._windows), self._seconds + 60)
        self._say("rest", 60)
        last = [match for line in self._run(f"cat {folder}/out", 60).splitlines() if (match := _GIVEN.fullmatch(line))][
            -1
        ]
        before, after = (tuple(int(field) for field in last[name].split(",")) for name in ("before", "after"))
        return Given(float(last["own"]), float(last["wall"]), before, after, last[0])

    def end(self) -> None:
        """End the process; what it held is free again."""
        self.ssh.run(self._shell, stdin=_FINISH.format(folder=shlex.quote(self.folder)).encode(), timeout=60)

    def _say(self, line: str, timeout: float) -> None:
        said = self._run(_SAY.format(folder=shlex.quote(self.folder), line=shlex.quote(line)), timeout)
        if "cannot" in said or "done" not in said:
            raise HvlabError(f"{self.ssh.name}: the load {line!r} failed: {said.strip() or 'no answer'}")

    def _run(self, program: str, timeout: float) -> str:
        return self.ssh.check(self._shell, stdin=program.encode(), timeout=timeout, what="a known load")


def start_load(ssh: Machine, *, root: bool = True) -> LoadGenerator:
    """Start a process that takes a known load, nothing at first; it goes on after the session, until its `end`.

    Args:
        ssh: The machine.
        root: Whether the session there is root's already; if not, it becomes root with sudo.

    Raises:
        HvlabError: It does not start.
    """
    shell = "sh -s" if root else "sudo sh -s"
    program = _START.format(program=_PROGRAM.read_text())
    folder = ssh.check(shell, stdin=program.encode(), timeout=60, what="starting a known load").strip()
    return LoadGenerator(ssh, folder, shell)


@contextmanager
def running_load(ssh: Machine, *, root: bool = True) -> Iterator[LoadGenerator]:
    """Start a process that takes a known load; it is ended with the block. Arguments and errors as `start_load`."""
    load = start_load(ssh, root=root)
    try:
        yield load
    finally:
        load.end()
