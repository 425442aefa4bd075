"""The factors' own checks: the machine as it is, beside what hvlab.toml declares."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from core.diagnosis import Finding, verdicts
from factors.base import Factor, FactorCheck, as_text
from lab.doctor.check import Check, Wanted
from lab.factors.registry import all_factors


def factor_checks() -> Iterator[Check]:
    """Yield the check of each factor that has one, in the factors' order."""
    for factor in all_factors().values():
        if factor.doctor is not None:
            yield Check(factor.doctor.name, partial(_line, factor.doctor), partial(_judge, factor, factor.doctor))


def _line(check: FactorCheck, wanted: Wanted) -> str:
    del wanted
    return check.line


def _judge(factor: Factor[Any], check: FactorCheck, text: str, wanted: Wanted) -> Finding:
    ok, warn, _ = verdicts(check.name)
    seen, value = check.read(text)
    if problem := check.problem(text, wanted.nested):
        return warn(seen, problem)
    if wanted.nested:
        return ok(f"{seen}; the lab host has its own")
    declared = getattr(wanted.settings.factors, factor.name)
    if value == declared:
        return ok(seen)
    return warn(seen, f"factors.{factor.name} in hvlab.toml declares {as_text(declared)}: set one like the other")
