"""Replication: what the 2011 study claims in words, held against the numbers of a study, with a verdict for each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dataset.models import StudyInfo
from dataset.stages import guests_at
from report.replication.claims import Best, Claim, Claims, Difference, Need, Value
from report.stats.bootstrap import Interval, of_difference, of_mean
from report.stats.tolerance import resolution
from report.tables.quantities import Quantities

Verdict = Literal["reproduced", "not reproduced", "not comparable"]


@dataclass(frozen=True)
class Amount:
    """A mean over repeats, its 95 % interval (None for one repeat), and the number of repeats."""

    mean: float
    interval: Interval | None
    n: int


@dataclass(frozen=True)
class Finding:
    """A claim, what a study says to it, and the verdict.

    Attributes:
        claim: The claim.
        verdict: Whether the study reproduces it.
        reason: Why not, by a name that the templates put into words; empty where it is reproduced.
        amount: The difference or value that is claimed; None for a claim about who is best.
        values: Of such a claim, each hypervisor's value.
    """

    claim: Claim
    verdict: Verdict
    reason: str = ""
    amount: Amount | None = None
    values: tuple[tuple[str, Amount], ...] = ()


def amount_of(values: pd.Series) -> Amount:
    """Summarise one value per repeat."""
    return Amount(float(values.mean()), of_mean(list(values)), len(values))


def difference_of(one: pd.Series, other: pd.Series) -> Amount:
    """Summarise the difference of two means whose boots have nothing to do with each other."""
    mean = float(one.mean() - other.mean())
    return Amount(mean, of_difference(list(one), list(other)), min(len(one), len(other)))


@dataclass(frozen=True)
class Comparison:
    """A study beside the published one.

    Attributes:
        study: The study.
        reference: The published one; beside its own numbers it shares everything with itself.
        quantities: The study's numbers.
        needs: Needs of single hypervisors, by name.
    """

    study: StudyInfo
    reference: StudyInfo
    quantities: Quantities
    needs: Mapping[str, Need]

    def unmet(self, needs: Iterable[str]) -> str:
        """Return the first of `needs` that the study does not share with the reference; empty if it shares all."""
        return next((name for name in needs if not self._shares(name)), "")

    def _shares(self, name: str) -> bool:
        if name in _COMMON:
            return _COMMON[name](self.study, self.reference)
        need = self.needs[name]
        if need.free_memory is not None:
            return self.quantities.memory_in_use.scopes.get(need.free_memory.provider) == need.free_memory.scope
        return need.total_falls is not None and self._total_falls(need.total_falls)

    def _total_falls(self, provider: str) -> bool:
        """Tell whether the host's total is less with all guests than without any."""
        readings = self.quantities.readings
        stages = readings.stages(provider, "free")
        read = {guests_at(s): readings.estimate(provider, s, "free", "total", "MiB") for s in stages}
        first, last = read.get(0), read.get(max(read, default=0))
        return first is not None and last is not None and last.mean < first.mean


def check_claims(claims: Claims, beside: Comparison) -> list[Finding]:
    """Check each claim against a study.

    An amount is reproduced if it, or any of its 95 % interval, lies within what the claim allows. That a hypervisor is
    best is reproduced if it is ahead of each other one by more than the resolution and, where there are intervals,
    those of the differences exclude zero.

    Args:
        claims: The claims of the published study.
        beside: The study and the published one.

    Returns:
        One finding a claim, in their order.
    """
    return [_check(claim, beside) for claim in claims.claims]


def _check(claim: Claim, beside: Comparison) -> Finding:
    if isinstance(claim, Best):
        finding = _check_best(claim, beside.quantities, [it.name for it in beside.reference.hypervisors])
    else:
        finding = _check_amount(claim, beside.quantities)
    lacking = beside.unmet(claim.needs)
    if finding.reason == "not-read" or not lacking:
        return finding
    return Finding(claim, "not comparable", lacking, finding.amount, finding.values)


def _check_amount(claim: Difference | Value, quantities: Quantities) -> Finding:
    one = quantities.values(claim.quantity, claim.of.provider, claim.of.stage)
    amount = None if one is None else amount_of(one)
    if isinstance(claim, Difference):
        other = quantities.values(claim.quantity, claim.less.provider, claim.less.stage)
        amount = None if one is None or other is None else _paired_or_not(claim, one, other)
    if amount is None:
        return Finding(claim, "not comparable", "not-read")
    low, high = claim.bounds
    least, most = amount.interval or (amount.mean, amount.mean)
    # Two decimals are what the tools print; 98.62 - 97.12 must not miss 1.5 by a rounding of floats.
    if round(least, 6) <= high and round(most, 6) >= low:
        return Finding(claim, "reproduced", amount=amount)
    return Finding(claim, "not reproduced", "outside", amount)


def _paired_or_not(claim: Difference, one: pd.Series, other: pd.Series) -> Amount | None:
    if claim.of.provider != claim.less.provider:
        return difference_of(one, other)
    # Two stages of the same boot: the boots are subtracted one by one.
    paired = (one - other).dropna()
    return amount_of(paired) if len(paired) else None


def _check_best(claim: Best, quantities: Quantities, providers: Sequence[str]) -> Finding:
    """Check who is best among the published study's hypervisors; others of the study are not in the claim."""
    found = {p: quantities.values(claim.quantity, p, claim.stage) for p in providers}
    read = {p: values for p, values in found.items() if values is not None}
    values = tuple((p, amount_of(each)) for p, each in read.items())
    if len(read) < len(providers):
        return Finding(claim, "not comparable", "not-read", values=values)
    sign = 1.0 if claim.extreme == "lowest" else -1.0
    leader = min(read, key=lambda p: sign * float(read[p].mean()))
    if leader != claim.provider and _told_apart(claim.quantity, read[leader], read[claim.provider]):
        return Finding(claim, "not reproduced", "another-is", values=values)
    others = [p for p in providers if p != claim.provider]
    if leader != claim.provider or not all(_told_apart(claim.quantity, read[claim.provider], read[p]) for p in others):
        return Finding(claim, "not reproduced", "level", values=values)
    return Finding(claim, "reproduced", values=values)


def _told_apart(quantity: str, one: pd.Series, other: pd.Series) -> bool:
    difference = difference_of(one, other)
    least = min(abs(float(one.mean())), abs(float(other.mean())))
    if abs(difference.mean) < resolution(quantity, least):
        return False
    return difference.interval is None or difference.interval.excludes_zero


_COMMON: dict[str, Callable[[StudyInfo, StudyInfo], bool]] = {
    "cpu": lambda study, _reference: study.environment.accelerator != "tcg",
    "guest-os": lambda study, reference: study.parameters.guest_os == reference.parameters.guest_os,
    "guest-memory": lambda study, reference: study.parameters.guest_memory_mib == reference.parameters.guest_memory_mib,
    "guest-disk": lambda study, reference: study.parameters.guest_disk_gib == reference.parameters.guest_disk_gib,
    "disk-strategy": lambda study, reference: study.parameters.disk_strategy == reference.parameters.disk_strategy,
}
