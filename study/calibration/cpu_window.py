"""The kernel's own ticks over exactly mpstat's window, read by the same shell that runs mpstat.

mpstat reads /proc/stat when it has started and again after each interval; in between it sleeps in pause(2) or
sigsuspend(2). So the shell waits until mpstat has come to its first sleep, which /proc/PID/syscall shows, reads the
ticks, waits until mpstat has ended, and reads them again. Everything but the first fork is the shell's builtins.
"""

from dataclasses import dataclass

from core.errors import HvlabError

# On the lab host, between two lines of one reading.
_FILE = "/tmp/hvlab-ticks"
_PAUSE, _SIGSUSPEND = 34, 130  # system calls of x86-64

# proc_stat(5): what each field of the line `cpu` counts.
_FIELDS = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal", "guest", "guest_nice")
# `guest` and `guest_nice` are in `user` and `nice` already.
_COUNTED = 8
_TICKS_A_SECOND = 100  # USER_HZ, proc_stat(5)
COMMAND = f"cat {_FILE}; rm -f {_FILE}"


# $@ is mpstat's own line; it stands at the end, where the duration is parsed from.
_PROGRAM = (
    '"$@" & p=$!; '
    "while read -r c _ </proc/$p/syscall; do "
    f'case "$c" in {_PAUSE}|{_SIGSUSPEND}) break;; esac; done; '
    "read -r b </proc/stat; read -r u _ </proc/uptime; wait $p; s=$?; "
    "read -r a </proc/stat; read -r v _ </proc/uptime; "
    'printf "%s %s\\n" "$u" "$b" "$v" "$a" >{file}; exit $s'
)


def around(mpstat: str) -> str:
    """Return the shell line that runs mpstat's own line and keeps the ticks of its window for `COMMAND`."""
    return f"sh -c '{_PROGRAM.format(file=_FILE)}' sh env {mpstat}"


@dataclass(frozen=True)
class Window:
    """Ticks at a window's two ends.

    Attributes:
        seconds: Its length by the machine's uptime.
        before: Fields of /proc/stat's first line at its beginning.
        after: The same at its end.
    """

    seconds: float
    before: tuple[int, ...]
    after: tuple[int, ...]

    def percent(self, *names: str) -> float:
        """Return the share of fields in all ticks, percent of all CPUs, as mpstat prints it.

        mpstat takes a guest's time out of `user` and `nice`; here these hold it, as in the kernel's line.
        """
        grown = dict(zip(_FIELDS, (b - a for a, b in zip(self.before, self.after, strict=True)), strict=False))
        total = sum(list(grown.values())[:_COUNTED])
        if total <= 0:
            raise HvlabError("the kernel counted no ticks in a window", code="unknown-output")
        return 100 * sum(grown.get(name, 0) for name in names) / total

    def percent_of_one(self) -> float:
        """Return what a machine of one CPU worked, percent of that: all that was not idle, waited or stolen.

        A kernel that stops its tick when it is idle (CONFIG_NO_HZ) measures idle time by a clock and samples all other
        by the tick, so only what is left beside idle time is exact (Linux, kernel/time/tick-sched.c).
        """
        grown = dict(zip(_FIELDS, (b - a for a, b in zip(self.before, self.after, strict=True)), strict=False))
        away = sum(grown.get(name, 0) for name in ("idle", "iowait", "steal")) / _TICKS_A_SECOND
        return 100 * (1 - away / self.seconds)


def parse(text: str) -> Window:
    """Parse the output of `COMMAND`.

    Raises:
        HvlabError: The text is of another form.
    """
    try:
        words = [[word for word in line.split() if word != "cpu"] for line in text.splitlines()]
        (start, *before), (end, *after) = words
        return Window(float(end) - float(start), tuple(map(int, before)), tuple(map(int, after)))
    except ValueError as error:
        raise HvlabError(
            f"the ticks of mpstat's window cannot be read: {text.strip()[:200]!r}", code="unknown-output"
        ) from error
