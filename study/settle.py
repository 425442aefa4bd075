"""Waiting until the host has settled: its free memory and its CPU have stopped moving.

A small program on the lab host prints one line a second; the controller reads the lines over one SSH
session and decides. Steadiness is tested, never assumed, and a host that does not become steady is
recorded as not settled.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from lab.errors import HvlabError

# One fork a second (sleep); all else is the shell's builtins, so the watching costs next to nothing. It
# ends when the SSH session goes away (the write fails), at the latest after an hour. Each line: uptime in
# seconds, MemFree in KiB, and the fields of /proc/stat's first line in clock ticks (proc_stat(5)): user
# nice system idle iowait irq softirq steal ...
SAMPLER_SH = """\
n=0
while [ $n -lt 3600 ]; do
  read -r up rest </proc/uptime
  while read -r name kib unit; do
    case "$name" in MemFree:) break;; esac
  done </proc/meminfo
  read -r cpu ticks </proc/stat
  echo "$up $kib $ticks" || exit 0
  n=$((n+1))
  sleep 1
done
"""

_KIB_PER_MIB = 1024
_IDLE, _IOWAIT = 3, 4
_GUEST = 8  # guest and guest_nice are already in user and nice
_LEAST_FIELDS = 6
_LEAST_SAMPLES = 4  # fewer in a window: the host is too slow to tell


@dataclass(frozen=True)
class Reading:
    """One line of the sampler: counters, not yet a rate.

    Attributes:
        uptime_s: The lab host's uptime, seconds.
        free_kib: MemFree, KiB.
        busy_ticks: CPU time since boot that was neither idle nor waiting for I/O, clock ticks over all
            CPUs. Stolen time is busy: under Xen it is how dom0 sees that guests still boot.
        total_ticks: All CPU time since boot.
    """

    uptime_s: float
    free_kib: int
    busy_ticks: int
    total_ticks: int


@dataclass(frozen=True)
class Sample:
    """The host at one moment.

    Attributes:
        seconds: Time since the watching began, on the lab host's clock.
        free_kib: MemFree, KiB.
        busy_percent: Busy share of all CPUs since the sample before.
    """

    seconds: float
    free_kib: int
    busy_percent: float


@dataclass(frozen=True)
class SettleRule:
    """When a host counts as settled.

    Over the last `window_s` seconds the spread of free memory (largest minus smallest) is below
    `memory_spread_mib`, and the CPU is calm (mean busy share below `busy_percent`) or steady (means of
    the window's two halves less than `busy_drift_points` apart).

    Attributes:
        window_s: Seconds looked back.
        memory_spread_mib: MiB.
        busy_percent: Percent of all CPUs.
        busy_drift_points: Percentage points.
        give_up_s: Seconds after which the waiting ends, settled or not.
    """

    window_s: float = 6.0
    memory_spread_mib: float = 4.0
    busy_percent: float = 10.0
    busy_drift_points: float = 5.0
    give_up_s: float = 180.0


def parse_sample(line: str) -> Reading:
    """Read one line of the sampler.

    Raises:
        HvlabError: The line is not the sampler's, e.g. cut off.
    """
    uptime, _, counters = line.strip().partition(" ")
    try:
        free_kib, *ticks = [int(field) for field in counters.split()]
        uptime_s = float(uptime)
    except ValueError as error:
        raise HvlabError(f"sampler: cannot read line {line.strip()[:120]!r}") from error
    if len(ticks) < _LEAST_FIELDS:
        raise HvlabError(f"sampler: cannot read line {line.strip()[:120]!r}")
    total = sum(ticks[:_GUEST])
    return Reading(uptime_s, free_kib, total - ticks[_IDLE] - ticks[_IOWAIT], total)


def is_settled(samples: Sequence[Sample], rule: SettleRule) -> bool:
    """Tell whether the samples' last window fulfils the rule; False while they do not yet cover a window."""
    if not samples or samples[-1].seconds - samples[0].seconds < rule.window_s:
        return False
    begin = samples[-1].seconds - rule.window_s
    window = [sample for sample in samples if sample.seconds >= begin]
    return (
        len(window) >= _LEAST_SAMPLES
        and _memory_spread_mib(window) < rule.memory_spread_mib
        and _cpu_is_still(window, rule)
    )


def _memory_spread_mib(window: Sequence[Sample]) -> float:
    free = [sample.free_kib for sample in window]
    return (max(free) - min(free)) / _KIB_PER_MIB


def _cpu_is_still(window: Sequence[Sample], rule: SettleRule) -> bool:
    return _mean_busy(window) < rule.busy_percent or _busy_drift(window) < rule.busy_drift_points


def _mean_busy(window: Sequence[Sample]) -> float:
    return sum(sample.busy_percent for sample in window) / len(window)


def _busy_drift(window: Sequence[Sample]) -> float:
    middle = len(window) // 2
    return abs(_mean_busy(window[:middle]) - _mean_busy(window[middle:]))


class Settler:
    """Is fed the sampler's lines, keeps the curve, and says when to stop.

    Args:
        rule: When the host counts as settled.

    Attributes:
        curve: The samples so far.
        state: `waiting`, `settled`, or `not settled` when it gave up.
        reason: Why it gave up, else empty.
    """

    def __init__(self, rule: SettleRule | None = None) -> None:
        self.rule = rule or SettleRule()
        self.curve: list[Sample] = []
        self.state: Literal["waiting", "settled", "not settled"] = "waiting"
        self.reason = ""
        self._first: Reading | None = None
        self._last: Reading | None = None

    @property
    def done(self) -> bool:
        """Whether the waiting is over, one way or the other."""
        return self.state != "waiting"

    @property
    def settled(self) -> bool:
        """Whether the host settled."""
        return self.state == "settled"

    @property
    def seconds(self) -> float:
        """Time from the first line to the last, on the lab host's clock."""
        return self.curve[-1].seconds if self.curve else 0.0

    def feed(self, line: str) -> bool:
        """Take one line; returns `done`. Lines that come after the end change nothing.

        Raises:
            HvlabError: The line is not the sampler's.
        """
        if self.done:
            return True
        reading = parse_sample(line)
        first, last = self._first or reading, self._last
        self._first, self._last = first, reading
        if last is None or reading.total_ticks <= last.total_ticks:
            return False  # A busy share needs two readings of the counters.
        busy = 100.0 * (reading.busy_ticks - last.busy_ticks) / (reading.total_ticks - last.total_ticks)
        self.curve.append(
            # The kernel's iowait may run backwards by a few ticks, which would give a share below 0.
            Sample(round(reading.uptime_s - first.uptime_s, 2), reading.free_kib, round(max(busy, 0.0), 2))
        )
        if is_settled(self.curve, self.rule):
            self.state = "settled"
        elif self.seconds >= self.rule.give_up_s:
            self.give_up(f"not steady after {self.seconds:.0f} s")
        return self.done

    def give_up(self, why: str) -> None:
        """End the waiting without success, e.g. when the session broke; a settled host stays settled."""
        if self.done:
            return
        self.state = "not settled"
        window = [sample for sample in self.curve if sample.seconds >= self.seconds - self.rule.window_s]
        if len(window) > 1:
            why += (
                f"; over the last {window[-1].seconds - window[0].seconds:.0f} s free memory moved by"
                f" {_memory_spread_mib(window):.1f} MiB (allowed {self.rule.memory_spread_mib:g}),"
                f" the CPU was {_mean_busy(window):.1f} % busy and drifted by"
                f" {_busy_drift(window):.1f} points"
                f" (allowed {self.rule.busy_percent:g} % or {self.rule.busy_drift_points:g} points)"
            )
        self.reason = why

    def report(self) -> dict[str, Any]:
        """Give the outcome for the journal: state, seconds, reason, rule, and the whole curve."""
        return {
            "state": self.state,
            "seconds": self.seconds,
            "reason": self.reason,
            "rule": asdict(self.rule),
            "curve": [[sample.seconds, sample.free_kib, sample.busy_percent] for sample in self.curve],
        }
