"""Rankings: who is best, who is clearly behind, and of whom it cannot be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from report.inference.intervals import Measured
from report.inference.verdicts import Decided, Verdict, differ


@dataclass(frozen=True)
class Standing:
    """One hypervisor in a ranking.

    Attributes:
        provider: Name as in data.
        value: Its value.
        behind: How far it is behind the best (0 or more, same unit).
        decided: Whether it differs from the best; None for the best itself.
    """

    provider: str
    value: float
    behind: float
    decided: Decided | None = None

    @property
    def clearly_behind(self) -> bool:
        """Whether it is."""
        return self.decided is not None and self.decided.verdict is Verdict.YES


@dataclass(frozen=True)
class Ranking:
    """Hypervisors by one quantity.

    Attributes:
        standings: Those that were read, in order of their values.
        missing: Hypervisors that were not read.
        resolution: Differences below this are none, in the quantity's unit.
    """

    standings: tuple[Standing, ...]
    missing: tuple[str, ...]
    resolution: float

    @property
    def best(self) -> tuple[Standing, ...]:
        """The best, and with it all that are not clearly behind."""
        return tuple(it for it in self.standings if not it.clearly_behind)

    @property
    def others(self) -> tuple[Standing, ...]:
        """Those clearly behind the best, in order."""
        return tuple(it for it in self.standings if it.clearly_behind)

    @property
    def read(self) -> int:
        """Number of hypervisors in the ranking."""
        return len(self.standings)

    @property
    def winner(self) -> str | None:
        """The one hypervisor that all others are clearly behind; else None."""
        return self.standings[0].provider if self.standings and len(self.best) == 1 and self.others else None

    @property
    def lowest_read(self) -> str | None:
        """The one that came first in readings of one boot each, further ahead than the resolution; else None.

        This is no winner: whether another boot would show the same cannot be told.
        """
        rivals = [it.decided for it in self.standings[1:] if it.decided is not None]
        once = any(it.reason == "one-boot" for it in rivals)
        apart = all(it.verdict is Verdict.YES or (it.reason == "one-boot" and it.resolved) for it in rivals)
        return self.standings[0].provider if rivals and once and apart else None

    @property
    def equal(self) -> bool:
        """Whether it is shown, not only not refuted, that none of the best differs from the first."""
        rivals = [it.decided for it in self.best if it.decided is not None]
        return bool(rivals) and all(it.verdict is Verdict.NO for it in rivals)


def rank(values: Mapping[str, Measured], resolution: float, *, among: Sequence[str], highest: bool = False) -> Ranking:
    """Rank hypervisors by one quantity.

    Args:
        values: One value per hypervisor that was read; of two that are equal the first comes first.
        resolution: Two values closer than this are level; same unit.
        among: All hypervisors of the study.
        highest: Whether the highest is best; else the lowest.

    Returns:
        The ranking; empty if `values` is.
    """
    sign = -1.0 if highest else 1.0
    ordered = sorted(values.items(), key=lambda item: sign * item[1].mean)
    standings = tuple(
        Standing(name, value.mean, sign * (value.mean - ordered[0][1].mean), None if place == 0 else
                 differ(value, ordered[0][1]))
        for place, (name, value) in enumerate(ordered)
    )  # fmt: skip
    return Ranking(standings, tuple(name for name in among if name not in values), resolution)
