"""Replication: what the 2011 study claims in words, held against the numbers of a study, with a verdict for each."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from report.inference.intervals import Measured
from report.inference.resolution import resolution_of
from report.inference.verdicts import Decided, less, within
from report.inference.verdicts import Verdict as Answer
from report.replication.claims import Apart, Best, Claim, Claims, Difference, Joint, Lead, Value
from report.replication.comparison import PRINTED, Amount, Comparison, Verdict, amount_of, as_amount, measured
from report.tables.quantities import UNITS, Quantities

_Bounds = tuple[float, float]


@dataclass(frozen=True)
class Mark:
    """One number that a claim is judged by.

    Attributes:
        amount: The number; of a claim about who is best, or ahead, by how much it is ahead of another hypervisor.
        bounds: What the claim allows; an end may be infinite.
        provider: The other hypervisor, or the first of two that differ; empty if the claim is about one number.
        versus: The second of two that differ.
        stage: The stage, where a claim is about several.
    """

    amount: Amount
    bounds: _Bounds
    provider: str = ""
    versus: str = ""
    stage: str = ""


@dataclass(frozen=True)
class Finding:
    """A claim, what a study says to it, and the verdict.

    Attributes:
        claim: The claim.
        verdict: Whether the study reproduces it.
        reason: Why not, by a name that the templates put into words; empty where it is reproduced.
        marks: The numbers that decide.
        values: Of a claim about who is best, each hypervisor's value.
        parts: Of a joint claim, what is found of each of its claims.
    """

    claim: Claim
    verdict: Verdict
    reason: str = ""
    marks: tuple[Mark, ...] = ()
    values: tuple[tuple[str, Amount], ...] = ()
    parts: tuple["Finding", ...] = field(default=(), repr=False)

    @property
    def amount(self) -> Amount | None:
        """The number of a claim about one difference or value."""
        return self.marks[0].amount if self.marks and isinstance(self.claim, Difference | Value) else None

    @property
    def widest(self) -> Mark:
        """The mark that is furthest from zero."""
        return max(self.marks, key=lambda it: abs(it.amount.mean))


def check_claims(claims: Claims, beside: Comparison) -> list[Finding]:
    """Check each claim against a study.

    An amount is reproduced if its whole 95 % interval lies within what the claim allows, and not reproduced if no part
    of it does. That a hypervisor is best is reproduced if each other one is clearly behind it, and not reproduced if
    one is clearly ahead of it or shown to be level. Of several numbers all must lie within, and none beyond. All else,
    and what rests on one boot, cannot be told.

    Args:
        claims: The claims of the published study.
        beside: The study and the published one.

    Returns:
        One finding a claim, in their order.
    """
    found: dict[str, Finding] = {}
    for claim in claims.claims:
        found[claim.id] = _of_parts(claim, found) if isinstance(claim, Joint) else _check(claim, beside)
    return list(found.values())


def _of_parts(claim: Joint, found: Mapping[str, Finding]) -> Finding:
    """Judge claims that should hold at once: one that does not hold decides, then one that was not compared."""
    parts = tuple(found[name] for name in claim.claims)
    order: tuple[Verdict, ...] = ("not reproduced", "not consistent", "not comparable", "cannot tell")
    worst = min(parts, key=lambda it: order.index(it.verdict) if it.verdict in order else len(order))
    return Finding(claim, worst.verdict, worst.reason, parts=parts)


def _check(claim: Claim, beside: Comparison) -> Finding:
    if isinstance(claim, Best):
        finding = _check_best(claim, beside)
    elif isinstance(claim, Lead | Apart):
        finding = _check_several(claim, beside)
    else:
        assert isinstance(claim, Difference | Value)
        finding = _check_amount(claim, beside)
    lacking = beside.unmet(claim.needs)
    if finding.reason == "not-read" or not lacking:
        return finding
    return Finding(claim, "not comparable", lacking, finding.marks, finding.values)


def _check_amount(claim: Difference | Value, beside: Comparison) -> Finding:
    amount = _claimed_amount(claim, beside.quantities)
    if amount is None:
        return Finding(claim, "not comparable", "not-read")
    verdict, reason = _of_amounts([within(amount, *claim.bounds)], beside)
    return Finding(claim, verdict, reason, (Mark(as_amount(amount), claim.bounds),))


def _of_amounts(decided: Sequence[Decided], beside: Comparison) -> tuple[Verdict, str]:
    """Judge amounts that should all lie within what a claim allows."""
    verdicts = [beside.verdict(it) for it in decided]
    if bad := next((it for it in verdicts if it in {"not reproduced", "not consistent"}), None):
        return bad, "outside"
    open_ones = [it.reason for it, verdict in zip(decided, verdicts, strict=True) if verdict == "cannot tell"]
    return ("cannot tell", open_ones[0]) if open_ones else (verdicts[0], "")


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


def _check_several(claim: Lead | Apart, beside: Comparison) -> Finding:
    found = _leads(claim, beside) if isinstance(claim, Lead) else _gaps(claim, beside)
    if found is None:
        return Finding(claim, "not comparable", "not-read")
    # How far two are apart has no sign: which of them is more is not claimed.
    bounds = claim.bounds if isinstance(claim, Lead) else (-claim.bounds[1], claim.bounds[1])
    verdict, reason = _of_amounts([within(each, *bounds) for _, each in found], beside)
    marks = tuple(Mark(as_amount(each), bounds, *names) for names, each in found)
    return Finding(claim, verdict, reason, marks)


def _leads(claim: Lead, beside: Comparison) -> list[tuple[tuple[str, str, str], Measured]] | None:
    read = _of_all(claim.quantity, claim.stage, beside)
    if read is None:
        return None
    mine = read[claim.provider]
    return [((name, "", ""), _lead(claim, mine, each)) for name, each in read.items() if name != claim.provider]


def _gaps(claim: Apart, beside: Comparison) -> list[tuple[tuple[str, str, str], Measured]] | None:
    """Return the difference of every two hypervisors at every stage; None if one was not read."""
    found = []
    for stage in claim.stages:
        read = _of_all(claim.quantity, stage, beside)
        if read is None:
            return None
        for one, other in itertools.combinations(read, 2):
            found.append(((one, other, stage), measured(read[one]).minus(measured(read[other]))))
    return found


def _of_all(quantity: str, stage: str | None, beside: Comparison) -> dict[str, pd.Series] | None:
    """Return a quantity of each of the published study's hypervisors; None if one was not read."""
    found = {it.name: beside.quantities.values(quantity, it.name, stage) for it in beside.reference.hypervisors}
    read = {name: values for name, values in found.items() if values is not None}
    return read if len(read) == len(found) else None


def _check_best(claim: Best, beside: Comparison) -> Finding:
    """Check who is best among the published study's hypervisors; others of the study are not in the claim."""
    providers = [it.name for it in beside.reference.hypervisors]
    found = {p: beside.quantities.values(claim.quantity, p, claim.stage) for p in providers}
    read = {p: values for p, values in found.items() if values is not None}
    values = tuple((p, amount_of(each)) for p, each in read.items())
    if len(read) < len(providers):
        return Finding(claim, "not comparable", "not-read", values=values)
    mine = read[claim.provider]
    # By how much each other one is ahead: less than nothing, if the claim holds.
    rivals = {p: _ahead(claim, mine, each) for p, each in read.items() if p != claim.provider}
    verdict, reason = _of_rivals(list(rivals.values()), itself=beside.itself)
    marks = tuple(Mark(as_amount(it.amount.times(-1)), (it.amount.resolution, math.inf), p) for p, it in rivals.items())
    return Finding(claim, verdict, reason, marks, values)


def _ahead(claim: Best, mine: pd.Series, other: pd.Series) -> Decided:
    """Decide whether the claimed hypervisor is ahead of another one; the amount is negative if it is."""
    sign = _sign(claim)
    step = resolution_of(UNITS[claim.quantity], min(abs(float(mine.mean())), abs(float(other.mean()))))
    return less(measured(sign * mine, step), measured(sign * other, step))


def _lead(claim: Lead, mine: pd.Series, other: pd.Series) -> Measured:
    sign = _sign(claim)
    return measured(sign * other).minus(measured(sign * mine))


def _sign(claim: Best | Lead) -> float:
    return 1.0 if claim.extreme == "lowest" else -1.0


def _of_rivals(rivals: Sequence[Decided], *, itself: bool) -> tuple[Verdict, str]:
    if itself:
        if any(it.resolved and it.amount.mean > 0 for it in rivals):
            return "not consistent", "another-is"
        return ("consistent", "") if all(it.resolved for it in rivals) else ("not consistent", "level")
    if any(it.verdict is Answer.NO for it in rivals):
        ahead = any(it.verdict is Answer.NO and it.resolved for it in rivals)
        return "not reproduced", "another-is" if ahead else "level"
    open_ones = [it.reason for it in rivals if it.verdict is Answer.CANNOT_TELL]
    return ("cannot tell", open_ones[0]) if open_ones else (PRINTED[Answer.YES], "")
