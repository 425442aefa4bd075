"""Three-way verdicts: yes, no, cannot tell.

All are read off the 95 % interval that the paper prints, so that a reader can check them:

    differ      yes: the interval excludes zero and the mean is at least the resolution away from it;
                no: the whole interval lies within the resolution (an equivalence test, TOST at 2.5 %)
    less        yes: differ, and less; no: differ, and more, or not differ
    within      yes: the whole interval lies within the bounds; no: no part of it does

Everything else is "cannot tell"; so is all that rests on one boot, of which there is no interval.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from report.inference.intervals import Interval, Measured

Reason = Literal["", "one-boot", "chance", "resolution"]


class Verdict(StrEnum):
    """What the numbers say to a question."""

    YES = "yes"
    NO = "no"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Decided:
    """A verdict.

    Attributes:
        verdict: The answer.
        reason: Why it cannot be told: `one-boot`; `chance` (the interval is too wide); `resolution` (chance is ruled
            out, but the meters' errors are not). Empty otherwise.
        amount: The difference or value that was judged.
        resolved: Whether the mean lies beyond the resolution: what one boot can say at most.
    """

    verdict: Verdict
    reason: Reason
    amount: Measured
    resolved: bool

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the amount; None for one boot."""
        return self.amount.interval


def differ(one: Measured, other: Measured) -> Decided:
    """Decide whether two values differ."""
    return _apart(one.minus(other))


def nonzero(amount: Measured) -> Decided:
    """Decide whether a difference that was worked out is there: as `differ`, of the difference itself."""
    return _apart(amount)


def less(one: Measured, other: Measured) -> Decided:
    """Decide whether one value is less than another."""
    found = differ(one, other)
    if found.verdict is not Verdict.YES or found.amount.mean < 0:
        return found
    return Decided(Verdict.NO, "", found.amount, found.resolved)


def more(one: Measured, other: Measured) -> Decided:
    """Decide whether one value is more than another; the amount is still `one` less `other`."""
    found = differ(one, other)
    if found.verdict is not Verdict.YES or found.amount.mean > 0:
        return found
    return Decided(Verdict.NO, "", found.amount, found.resolved)


def within(amount: Measured, low: float, high: float) -> Decided:
    """Decide whether a value lies between two bounds, both included.

    Of one boot it can be told only that it lies further outside than the resolution allows.
    """
    interval = amount.interval
    # Two decimals are what the tools print; 98.62 - 97.12 must not miss 1.5 by a rounding of floats.
    inside = low - _EPSILON <= amount.mean <= high + _EPSILON
    if interval is None:
        return Decided(Verdict.CANNOT_TELL, "one-boot", amount, inside)
    wide = low - _EPSILON, high + _EPSILON
    if interval.within(*wide):
        return Decided(Verdict.YES, "", amount, inside)
    if interval.beyond(*wide):
        return Decided(Verdict.NO, "", amount, inside)
    return Decided(Verdict.CANNOT_TELL, "chance", amount, inside)


def at_least(amount: Measured, bound: float) -> Decided:
    """Decide whether a value is at least `bound`."""
    return within(amount, bound, float("inf"))


def at_most(amount: Measured, bound: float) -> Decided:
    """Decide whether a value is at most `bound`."""
    return within(amount, float("-inf"), bound)


def equivalent(amount: Measured, to: float, margin: float) -> Decided:
    """Decide whether a value is the same as a number, by an equivalence test: within `margin` to either side."""
    return within(amount, to - margin, to + margin)


_EPSILON = 1e-6


def _apart(difference: Measured) -> Decided:
    interval = difference.interval
    margin = difference.resolution
    resolved = difference.mean != 0 and abs(difference.mean) >= margin
    if interval is None:
        return Decided(Verdict.CANNOT_TELL, "one-boot", difference, resolved)
    if interval.excludes_zero and resolved:
        return Decided(Verdict.YES, "", difference, resolved)
    if interval.within(-margin, margin):
        return Decided(Verdict.NO, "", difference, resolved)
    return Decided(Verdict.CANNOT_TELL, "resolution" if interval.excludes_zero else "chance", difference, resolved)
