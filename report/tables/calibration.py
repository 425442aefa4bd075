"""What the meters showed of known loads: `calibration.json` of the study's folder, condensed for one table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dataset.calibration_results import Row, load_results


@dataclass(frozen=True)
class Cell:
    """What a number showed under one provider, over all steps of its kind.

    Attributes:
        can_see: Whether it can see such a load.
        worst: The error that is farthest from 0; of a number that cannot see, how far it moved.
        passed: Whether all steps are within what is allowed.
    """

    can_see: bool
    worst: float
    passed: bool


@dataclass(frozen=True)
class Line:
    """One number of one meter, of one kind of load, under all providers.

    Attributes:
        quantity: `memory` or `cpu`.
        where: Where the load was: `host` or `guest`.
        machine: Where the meter ran.
        allowed: The error that is allowed: tolerance and the tool's own rounding, MiB or points.
    """

    quantity: str
    where: str
    machine: str
    meter: str
    metric: str
    allowed: float
    cells: dict[str, Cell]


@dataclass(frozen=True)
class Calibration:
    """A calibration, ready to be printed.

    Attributes:
        applied: (quantity, where) to the sizes of the steps.
        tolerances: Quantity to the tolerance before any rounding.
        again: Readings that were taken again.
        off: How many readings are off by more than is allowed.
        count: Of how many.
    """

    id: str
    created: datetime
    lines: tuple[Line, ...]
    applied: dict[tuple[str, str], tuple[float, ...]]
    tolerances: dict[str, float]
    again: tuple[str, ...]
    off: int
    count: int

    @property
    def providers(self) -> tuple[str, ...]:
        """Those that were calibrated."""
        return tuple(dict.fromkeys(name for line in self.lines for name in line.cells))


def read_calibration(study_dir: Path) -> Calibration | None:
    """Read a study's calibration; None if it has none.

    Raises:
        HvlabError: The file is damaged.
    """
    found = load_results(study_dir)
    if found is None:
        return None
    applied: dict[tuple[str, str], tuple[float, ...]] = {}
    for row in found.rows:
        sizes = applied.get((row.quantity, row.where), ())
        applied[row.quantity, row.where] = tuple(sorted({*sizes, row.applied}))
    return Calibration(
        id=found.id,
        created=found.created,
        lines=condense(found.rows),
        applied=applied,
        tolerances={row.quantity: row.tolerance for row in found.rows},
        again=found.again,
        off=sum(not row.passed for row in found.rows),
        count=len(found.rows),
    )


def condense(rows: Sequence[Row]) -> tuple[Line, ...]:
    """Put the steps of one kind of load into one line for each number, with the worst of each provider."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.quantity, row.where, row.machine, row.meter, row.metric), []).append(row)
    lines = []
    for (quantity, where, machine, meter, metric), found in groups.items():
        by_provider: dict[str, list[Row]] = {}
        for row in found:
            by_provider.setdefault(row.provider, []).append(row)
        cells = {
            name: Cell(
                can_see=all(row.can_see for row in mine),
                worst=max((row.error for row in mine), key=abs),
                passed=all(row.passed for row in mine),
            )
            for name, mine in by_provider.items()
        }
        allowed = max(row.tolerance + row.resolution for row in found)
        lines.append(Line(quantity, where, machine, meter, metric, allowed, cells))
    order = {"memory": 0, "cpu": 1}
    return tuple(sorted(lines, key=lambda line: (order.get(line.quantity, 2), line.where == "guest", line.machine)))
