"""What a number had to show of a known step, and what it showed: readings, and a row of the table from them.

A reading is a mapping from (machine, meter, metric) to a value in MiB or percent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dataset.calibration import Place, Row
from hypervisors.calibration import Key
from study.meters.base import Number

Quantity = Literal["memory", "cpu"]
TOLERANCE: Mapping[Quantity, float] = {"memory": 1.0, "cpu": 0.5}
_UNIT: Mapping[Quantity, str] = {"memory": "MiB", "cpu": "percent"}
_TO_MIB = {"MiB": 1.0, "KiB": 1 / 1024, "B": 1 / 1024**2}


@dataclass(frozen=True)
class Step:
    """A known load.

    Attributes:
        provider: Name of the hypervisor.
        name: `host-memory-64`; also the folder of its captures.
        where: On the lab host or in the guest.
        applied: MiB, or percent of one CPU.
    """

    provider: str
    name: str
    where: Place
    applied: float


@dataclass(frozen=True)
class Answer:
    """What one number had to show, and showed; in the units of `Row`."""

    quantity: Quantity
    machine: Place
    meter: str
    metric: str
    can_see: bool
    known: float
    seen: float
    explained: float = 0.0
    resolution: float = 0.0


def numbers(machine: Place, meter: str, found: list[Number]) -> dict[Key, float]:
    """Key a meter's numbers; memory becomes MiB."""
    return {(machine, meter, number.metric): number.value * _TO_MIB.get(number.unit, 1.0) for number in found}


def row(step: Step, answer: Answer, before: str | None, after: str) -> Row:
    """Work out error and verdict."""
    error = round(answer.seen - answer.explained - answer.known, 4)
    tolerance = TOLERANCE[answer.quantity]
    return Row(
        provider=step.provider,
        quantity=answer.quantity,
        step=step.name,
        where=step.where,
        applied=step.applied,
        machine=answer.machine,
        meter=answer.meter,
        metric=answer.metric,
        unit=_UNIT[answer.quantity],
        can_see=answer.can_see,
        known=round(answer.known, 4),
        seen=round(answer.seen, 4),
        explained=round(answer.explained, 4),
        error=error,
        tolerance=tolerance,
        resolution=answer.resolution,
        passed=abs(error) <= tolerance + answer.resolution,
        before=capture(before, answer.machine, answer.meter) if before else None,
        after=capture(after, answer.machine, answer.meter),
    )


def capture(folder: str, machine: Place, meter: str) -> str:
    """Name a capture, relative to the calibration's folder."""
    return f"{folder}/{'guest-' if machine == 'guest' else ''}{meter}.txt"
