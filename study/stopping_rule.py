"""Decides whether a study needs more repeats: `--precision=1MiB`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import HvlabError
from study.plan import Plan

# Of two or three boots Student's interval can be narrow by chance, and stopping there would pick those that are.
LEAST_REPEATS = 5

_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(MiB|KiB)")
_MIB = {"MiB": 1.0, "KiB": 1 / 1024}


@dataclass(frozen=True)
class Verdict:
    """The decision.

    Attributes:
        go_on: Whether one more repeat is needed.
        reason: The reason, one line.
        wanted_mib: The requested half-width, MiB.
        half_width_mib: The present half-width by hypervisor, MiB; None where it is unknown.
        repeats: Repeats so far.
    """

    go_on: bool
    reason: str
    wanted_mib: float
    half_width_mib: Mapping[str, float | None]
    repeats: int

    def facts(self) -> dict[str, Any]:
        """Return it for the journal and study.json."""
        widths = {name: None if width is None else round(width, 3) for name, width in self.half_width_mib.items()}
        return {
            "wanted_mib": self.wanted_mib,
            "half_width_mib": widths,
            "repeats": self.repeats,
            "reached": not self.go_on and self._reached(),
            "reason": self.reason,
        }

    def _reached(self) -> bool:
        return all(width is not None and width <= self.wanted_mib for width in self.half_width_mib.values())


def parse_precision(text: str) -> float:
    """Parse `1MiB`, `0.5 MiB` or `512KiB`; return MiB.

    Raises:
        HvlabError: It is none of these, or zero.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None or not float(match[1]):
        raise HvlabError(
            f"--precision={text} is not an amount of memory", "for example --precision=1MiB", code="bad-option"
        )
    return float(match[1]) * _MIB[match[2]]


def decide(half_widths: Mapping[str, float | None], plan: Plan) -> Verdict:
    """Decide whether one more repeat is needed.

    Args:
        half_widths: Half the width of the 95 % interval of the cost per guest by hypervisor, MiB; None: unknown.
        plan: The plan, with a precision.
    """
    wanted, most = plan.precision_mib or 0.0, plan.most_repeats or plan.repeats
    known = {provider: half_widths.get(provider) for provider in plan.providers}
    wide = {name: width for name, width in known.items() if width is None or width > wanted}
    now = ", ".join(f"{name} {'unknown' if width is None else f'{width:.2f} MiB'}" for name, width in known.items())
    state = f"half-width of the cost per guest after {plan.repeats} repeats: {now}"
    go_on = False
    if plan.repeats < min(LEAST_REPEATS, most):
        go_on, why = True, f"fewer than {LEAST_REPEATS} repeats say little; one more"
    elif not wide:
        why = f"{wanted:g} MiB is reached"
    elif plan.repeats >= most:
        why = f"{wanted:g} MiB is not reached, but most_repeats = {most} is"
    else:
        go_on, why = True, f"more than {wanted:g} MiB under {', '.join(wide)}; one more repeat"
    return Verdict(go_on, f"{state}; {why}", wanted, known, plan.repeats)
