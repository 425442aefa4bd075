"""Replication: each number that the 2011 study prints, beside that of a study, with a verdict."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

import pandas as pd

from dataset.stages import stage_position
from report.inference.resolution import resolution_of
from report.inference.verdicts import equivalent
from report.replication.comparison import Amount, Comparison, Verdict, amount_of, measured
from report.tables.quantities import UNITS

_QUANTITY = {
    ("free", "total"): "total",
    ("free", "paper_used"): "used",
    ("free", "paper_free"): "free",
    ("mpstat", "idle"): "idle",
    ("disk", "apparent"): "apparent",
    ("disk", "allocated"): "allocated",
}
_ORDER = ("free", "mpstat", "disk")


@dataclass(frozen=True)
class Number:
    """One published number.

    Attributes:
        provider: Name as in data.
        stage: Name as in data.
        meter: Name of the meter.
        metric: Name of the number within the meter.
        unit: Unit of both values.
        published: As it was printed.
        ours: As the study read it; None if it did not.
        verdict: Whether the study reproduces it.
        reason: Why not, as in `report.replication.Finding`.
    """

    provider: str
    stage: str
    meter: str
    metric: str
    unit: str
    published: float
    ours: Amount | None
    verdict: Verdict
    reason: str = ""


def compare_numbers(published: pd.DataFrame, beside: Comparison) -> list[Number]:
    """Compare each published number with a study's.

    An equivalence test: a number is reproduced if the study's whole 95 % interval lies within the 2011 study's own
    error of it, not reproduced if no part of it does; else it cannot be told. Single image files are compared through
    their folder only: their names are not the same.

    Args:
        published: `measurements.csv` of the reference.
        beside: The study and the reference.

    Returns:
        One entry a number, in the order of the published tables.
    """
    rows = [row for row in published.to_dict("records") if (row["meter"], row["metric"]) in _QUANTITY]
    order = [it.name for it in beside.reference.hypervisors]
    rows.sort(key=lambda it: (_ORDER.index(it["meter"]), stage_position(it["stage"]), order.index(it["provider"])))
    return [_compare(row, beside) for row in rows]


def _compare(row: Mapping[Hashable, object], beside: Comparison) -> Number:
    meter, metric, stage = str(row["meter"]), str(row["metric"]), str(row["stage"])
    provider, value = str(row["provider"]), float(str(row["value"]))
    quantity = _QUANTITY[meter, metric]
    values = beside.quantities.values(quantity, provider, None if meter == "disk" else stage)
    number = (provider, stage, meter, metric, str(row["unit"]), value)
    if values is None:
        return Number(*number, None, "not comparable", "not-read")
    ours = amount_of(values)
    lacking = beside.unmet([*_needs(meter, stage), *_needs_of_hypervisor(meter, provider, beside)])
    if lacking:
        return Number(*number, ours, "not comparable", lacking)
    step = resolution_of(UNITS[quantity], min(abs(ours.mean), abs(value)))
    decided = equivalent(measured(values), value, step)
    verdict = beside.verdict(decided)
    reason = decided.reason if verdict == "cannot tell" else "outside" if verdict == "not reproduced" else ""
    return Number(*number, ours, verdict, reason)


def _needs(meter: str, stage: str) -> list[str]:
    if meter == "mpstat":
        return ["cpu", "guest-os"]
    if meter == "disk":
        return ["guest-os", "guest-disk", "disk-strategy"]
    return ["guest-os", "guest-memory"] if stage.startswith("vm-") else []


def _needs_of_hypervisor(meter: str, provider: str, beside: Comparison) -> list[str]:
    asked = {name: need.numbers for name, need in beside.needs.items() if need.numbers is not None}
    return [name for name, it in asked.items() if (it.provider, it.meter) == (provider, meter)]
