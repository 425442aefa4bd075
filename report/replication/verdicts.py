"""Replication: what the 2011 study claims in words, held against the numbers of a study, with a verdict for each."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dataset.models import StudyInfo
from dataset.stages import guests_at
from report.inference.intervals import Interval, Measured
from report.inference.resolution import resolution_of
from report.inference.verdicts import Decided, less, within
from report.inference.verdicts import Verdict as Answer
from report.replication.claims import Best, Claim, Claims, Difference, Need, Value
from report.tables.quantities import UNITS, Quantities

Verdict = Literal["reproduced", "not reproduced", "cannot tell", "not comparable", "consistent", "not consistent"]
"""Of a published study held against its own numbers: `consistent` or not, since nothing was repeated."""


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
    return _amount(measured(values))


def measured(values: pd.Series, resolution: float = 0.0) -> Measured:
    """Return one value per repeat as the inference takes it."""
    return Measured.of([float(value) for value in values], resolution)


def _amount(it: Measured) -> Amount:
    return Amount(it.mean, it.interval, it.n)


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

    @property
    def itself(self) -> bool:
        """Whether the study is the published one."""
        return self.study.id == self.reference.id

    def verdict(self, decided: Decided) -> Verdict:
        """Return what is printed for an answer of the inference.

        Beside itself a published study repeats nothing: its numbers are taken as printed.
        """
        if self.itself:
            return "consistent" if decided.resolved else "not consistent"
        return _PRINTED[decided.verdict]

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

    An amount is reproduced if its whole 95 % interval lies within what the claim allows, and not reproduced if no part
    of it does. That a hypervisor is best is reproduced if each other one is clearly behind it, and not reproduced if
    one is clearly ahead of it or shown to be level. All else, and what rests on one boot, cannot be told.

    Args:
        claims: The claims of the published study.
        beside: The study and the published one.

    Returns:
        One finding a claim, in their order.
    """
    return [_check(claim, beside) for claim in claims.claims]


def _check(claim: Claim, beside: Comparison) -> Finding:
    finding = _check_best(claim, beside) if isinstance(claim, Best) else _check_amount(claim, beside)
    lacking = beside.unmet(claim.needs)
    if finding.reason == "not-read" or not lacking:
        return finding
    return Finding(claim, "not comparable", lacking, finding.amount, finding.values)


def _check_amount(claim: Difference | Value, beside: Comparison) -> Finding:
    amount = _claimed_amount(claim, beside.quantities)
    if amount is None:
        return Finding(claim, "not comparable", "not-read")
    decided = within(amount, *claim.bounds)
    verdict = beside.verdict(decided)
    reason = decided.reason if verdict == "cannot tell" else "" if verdict in _GOOD else "outside"
    return Finding(claim, verdict, reason, _amount(amount))


_GOOD = ("reproduced", "consistent")


def _claimed_amount(claim: Difference | Value, quantities: Quantities) -> Measured | None:
    one = quantities.values(claim.quantity, claim.of.provider, claim.of.stage)
    if one is None or isinstance(claim, Value):
        return None if one is None else measured(one)
    other = quantities.values(claim.quantity, claim.less.provider, claim.less.stage)
    if other is None:
        return None
    if claim.of.provider != claim.less.provider:
        return measured(one).minus(measured(other))
    # Two stages of the same boot: the boots are subtracted one by one.
    paired = (one - other).dropna()
    return measured(paired) if len(paired) else None


def _check_best(claim: Best, beside: Comparison) -> Finding:
    """Check who is best among the published study's hypervisors; others of the study are not in the claim."""
    providers = [it.name for it in beside.reference.hypervisors]
    found = {p: beside.quantities.values(claim.quantity, p, claim.stage) for p in providers}
    read = {p: values for p, values in found.items() if values is not None}
    values = tuple((p, amount_of(each)) for p, each in read.items())
    if claim.provider not in read or any(p not in read for p in providers):
        return Finding(claim, "not comparable", "not-read", values=values)
    rivals = [_ahead(claim, read[claim.provider], each) for p, each in read.items() if p != claim.provider]
    verdict, reason = _of_rivals(rivals, itself=beside.itself)
    return Finding(claim, verdict, reason, values=values)


def _ahead(claim: Best, mine: pd.Series, other: pd.Series) -> Decided:
    """Decide whether the claimed hypervisor is ahead of another one; the amount is negative if it is."""
    sign = 1.0 if claim.extreme == "lowest" else -1.0
    step = resolution_of(UNITS[claim.quantity], min(abs(float(mine.mean())), abs(float(other.mean()))))
    return less(measured(sign * mine, step), measured(sign * other, step))


def _of_rivals(rivals: Sequence[Decided], *, itself: bool) -> tuple[Verdict, str]:
    if itself:
        if any(it.resolved and it.amount.mean > 0 for it in rivals):
            return "not consistent", "another-is"
        return ("consistent", "") if all(it.resolved for it in rivals) else ("not consistent", "level")
    if any(it.verdict is Answer.NO for it in rivals):
        ahead = any(it.verdict is Answer.NO and it.resolved for it in rivals)
        return "not reproduced", "another-is" if ahead else "level"
    open_ones = [it.reason for it in rivals if it.verdict is Answer.CANNOT_TELL]
    return ("cannot tell", open_ones[0]) if open_ones else ("reproduced", "")


_PRINTED: dict[Answer, Verdict] = {
    Answer.YES: "reproduced",
    Answer.NO: "not reproduced",
    Answer.CANNOT_TELL: "cannot tell",
}

_COMMON: dict[str, Callable[[StudyInfo, StudyInfo], bool]] = {
    "cpu": lambda study, _reference: study.environment.accelerator != "tcg",
    "guest-os": lambda study, reference: study.parameters.guest_os == reference.parameters.guest_os,
    "guest-memory": lambda study, reference: study.parameters.guest_memory_mib == reference.parameters.guest_memory_mib,
    "guest-disk": lambda study, reference: study.parameters.guest_disk_gib == reference.parameters.guest_disk_gib,
    "disk-strategy": lambda study, reference: study.parameters.disk_strategy == reference.parameters.disk_strategy,
}
