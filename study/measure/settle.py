"""Waiting until the host has settled: its free memory and its CPU have stopped moving.

A small program on the lab host prints one line a second; the controller reads the lines over one SSH
session and decides. Steadiness is tested, never assumed, and a host that does not become steady is
recorded as not settled.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, Literal

from scipy.stats import theilslopes

from core.errors import HvlabError

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
_S_PER_MIN = 60
_IDLE, _IOWAIT = 3, 4
_GUEST = 8  # guest and guest_nice are already in user and nice
_LEAST_FIELDS = 6
_LEAST_SAMPLES = 4  # fewer in a window: the host is too slow for a verdict


@dataclass(frozen=True)
class Reading:
    """One line of the sampler: counters, not yet a rate.

    Attributes:
        uptime_s: The lab host's uptime, seconds.
        free_kib: MemFree, KiB.
        busy_ticks: CPU time since boot that was neither idle nor waiting for I/O, clock ticks over all
            CPUs. Stolen time is busy: under a hypervisor below the kernel it shows that guests still boot.
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

    Over the last `window_s` seconds free memory and the CPU's busy share each have a slope near 0 and a bounded
    spread. The slope is Theil and Sen's, the median of the slopes between all pairs of samples
    (scipy.stats.theilslopes): up to 29 % of the samples may be outliers without moving it far. It finds a drift, which
    a spread hides; the spread finds a step, which the slope takes for outliers.

    Attributes:
        window_s: Seconds looked back.
        memory_slope_mib_per_min: Largest slope of free memory, MiB a minute, either way.
        memory_spread_mib: Largest spread of free memory, largest minus smallest, MiB.
        busy_slope_points_per_min: Largest slope of the busy share, points of all CPUs' time a minute, either way.
        busy_spread_points: Largest spread of the busy share, the largest and the smallest sample left out: one second
            in which some daemon woke up is no unrest.
        busy_mean_s: Samples, one a second, whose means are looked at instead where they swing less: a program that
            wakes up by the clock, as a manager does that asks for its guests every 3 s, is no unrest either.
        give_up_s: Seconds after which the waiting ends, settled or not.
    """

    window_s: float = 8.0
    memory_slope_mib_per_min: float = 3.0
    memory_spread_mib: float = 4.0
    busy_slope_points_per_min: float = 60.0
    busy_spread_points: float = 10.0
    busy_mean_s: int = 3
    give_up_s: float = 180.0


@dataclass(frozen=True)
class Motion:
    """How much the host moved in a window; units as in `SettleRule`."""

    memory_slope: float
    memory_spread: float
    busy_slope: float
    busy_spread: float

    def within(self, rule: SettleRule) -> bool:
        """Return whether this is little enough."""
        return (
            abs(self.memory_slope) <= rule.memory_slope_mib_per_min
            and self.memory_spread <= rule.memory_spread_mib
            and abs(self.busy_slope) <= rule.busy_slope_points_per_min
            and self.busy_spread <= rule.busy_spread_points
        )


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
        raise HvlabError(f"sampler: cannot read line {line.strip()[:120]!r}", code="unknown-output") from error
    if len(ticks) < _LEAST_FIELDS:
        raise HvlabError(f"sampler: cannot read line {line.strip()[:120]!r}", code="unknown-output")
    total = sum(ticks[:_GUEST])
    return Reading(uptime_s, free_kib, total - ticks[_IDLE] - ticks[_IOWAIT], total)


def window_of(samples: Sequence[Sample], rule: SettleRule) -> list[Sample]:
    """Return the samples of the last window; none while they do not yet cover one, or are too few for a verdict."""
    if not samples or samples[-1].seconds - samples[0].seconds < rule.window_s:
        return []
    begin = samples[-1].seconds - rule.window_s
    window = [sample for sample in samples if sample.seconds >= begin]
    return window if len(window) >= _LEAST_SAMPLES else []


def motion(window: Sequence[Sample], rule: SettleRule) -> Motion:
    """Measure how much the host moved in a window of at least two samples."""
    times = [sample.seconds for sample in window]
    free = [sample.free_kib / _KIB_PER_MIB for sample in window]
    busy = [sample.busy_percent for sample in window]
    swings = {_busy_spread(each): each for each in (_means(busy, rule.busy_mean_s), busy)}
    busy_spread, steadier = min(swings.items())
    return Motion(
        memory_slope=_slope(free, times),
        memory_spread=max(free) - min(free),
        busy_slope=_slope(steadier, times[len(times) - len(steadier) :]),
        busy_spread=busy_spread,
    )


def _means(values: Sequence[float], count: int) -> list[float]:
    """Return the means of each `count` values in a row; the values themselves if that leaves too few for a verdict."""
    if len(values) - count + 1 < _LEAST_SAMPLES:
        return list(values)
    return [fmean(values[at : at + count]) for at in range(len(values) - count + 1)]


def _busy_spread(values: Sequence[float]) -> float:
    middle = sorted(values)[1:-1] if len(values) >= _LEAST_SAMPLES else values
    return max(middle) - min(middle)


def _slope(values: Sequence[float], times: Sequence[float]) -> float:
    """Return Theil and Sen's slope, per minute."""
    return float(theilslopes(values, times)[0]) * _S_PER_MIN


def is_settled(samples: Sequence[Sample], rule: SettleRule) -> bool:
    """Return whether the samples' last window fulfils the rule; False while they do not yet cover a window."""
    window = window_of(samples, rule)
    return bool(window) and motion(window, rule).within(rule)


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
            seen = _description(motion(window, self.rule), self.rule)
            why += f"; over the last {window[-1].seconds - window[0].seconds:.0f} s {seen}"
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


def _description(seen: Motion, rule: SettleRule) -> str:
    return (
        f"free memory moved by {seen.memory_slope:+.1f} MiB/min (allowed {rule.memory_slope_mib_per_min:g})"
        f" within {seen.memory_spread:.1f} MiB ({rule.memory_spread_mib:g}),"
        f" the CPU by {seen.busy_slope:+.1f} points/min ({rule.busy_slope_points_per_min:g})"
        f" within {seen.busy_spread:.1f} points ({rule.busy_spread_points:g})"
    )
