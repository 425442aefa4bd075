"""What else the machine that runs the nested lab host does while a stage is read: /proc/stat, /proc/loadavg."""

from dataclasses import dataclass, field
from pathlib import Path

from lab.hosts.nested import running_pid
from lab.lifecycle import Lab

_PROC = Path("/proc")
# Of the first line of /proc/stat (proc(5)): user nice system idle iowait irq softirq steal; guest time is in user's.
_COLUMNS, _IDLE = 8, (3, 4)


def read_stat(text: str) -> tuple[int, int]:
    """Return the busy and all ticks of all CPUs since the machine's boot, from /proc/stat; stolen time is busy."""
    ticks = [int(word) for word in text.split("\n", 1)[0].split()[1 : _COLUMNS + 1]]
    return sum(ticks) - sum(ticks[place] for place in _IDLE), sum(ticks)


def read_process(text: str) -> int:
    """Return the ticks that a process with all its threads has used, from /proc/PID/stat; its name may hold blanks."""
    words = text.rpartition(")")[2].split()
    return int(words[11]) + int(words[12])


@dataclass
class ControllerLoad:
    """Measures the machine over a reading.

    Attributes:
        pid: The lab host's process; None: it is not known, and neither is what others use.
        proc: Where the kernel's files are.
        found: The fields of `StageTiming`, once a reading has ended.
    """

    pid: int | None
    proc: Path = _PROC
    found: dict[str, float] = field(default_factory=dict)
    _before: tuple[int, int, int] | None = None

    def _sample(self) -> tuple[int, int, int] | None:
        """Return the machine's busy and all ticks and the lab host's; None: the lab host's process has ended."""
        try:
            own = read_process((self.proc / str(self.pid) / "stat").read_text()) if self.pid else 0
        except (FileNotFoundError, ProcessLookupError):
            # The reading itself reports that.
            return None
        return (*read_stat((self.proc / "stat").read_text()), own)

    def begin(self) -> None:
        """Take the first sample."""
        self._before = self._sample()

    def end(self) -> None:
        """Take the second one, and compute the shares, percent of all CPUs."""
        after = self._sample()
        if self._before is None or after is None:
            return
        busy, total, own = (now - before for now, before in zip(after, self._before, strict=True))
        self.found = {"controller_load": float((self.proc / "loadavg").read_text().split()[0])}
        if total <= 0:
            return
        self.found["controller_busy"] = round(100 * busy / total, 1)
        if self.pid:
            # Ticks of the process are counted by another clock than those of the CPUs: a difference may be below 0.
            self.found["controller_others"] = round(max(0.0, 100 * (busy - own) / total), 1)


def load_of(lab: Lab) -> ControllerLoad | None:
    """Return what measures this machine while a lab host is read; None where this machine does not run it."""
    return ControllerLoad(running_pid(lab.state)) if lab.host.kind == "nested" else None
