"""Quantities that claims and comparisons are about: by name, hypervisor and stage, one value per repeat."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from report.data.readings import Readings
from report.tables.cost_model import Cost
from report.tables.memory import MemoryInUse


class _Read(NamedTuple):
    meter: str
    metric: str
    unit: str


_READ = {
    "total": _Read("free", "total", "MiB"),
    "used": _Read("free", "paper_used", "MiB"),
    "free": _Read("free", "paper_free", "MiB"),
    "idle": _Read("mpstat", "idle", "percent"),
    "user": _Read("mpstat", "user", "percent"),
    "sys": _Read("mpstat", "sys", "percent"),
    "apparent": _Read("disk", "apparent", "B"),
    "allocated": _Read("disk", "allocated", "B"),
}
_WORKED_OUT = {"taken": "MiB", "per-guest": "MiB", "apparent-per-guest": "B"}
UNITS: dict[str, str] = {name: read.unit for name, read in _READ.items()} | _WORKED_OUT
"""The unit of each quantity, by its name."""


@dataclass(frozen=True)
class Quantities:
    """The quantities of one study.

    Attributes:
        readings: Its numbers.
        memory_in_use: Its comparable memory.
        costs: Its cost model.
    """

    readings: Readings
    memory_in_use: MemoryInUse
    costs: Mapping[str, Cost]

    def values(self, name: str, provider: str, stage: str | None) -> pd.Series | None:
        """Return one value per repeat in the unit of `UNITS`.

        Args:
            name: A key of `UNITS`.
            provider: Name as in data.
            stage: Name as in data; None for the last at which a disk was read, and for what has no stage.

        Returns:
            The values, or None if it was not read.
        """
        if name == "per-guest":
            cost = self.costs.get(provider)
            return None if cost is None else pd.Series(cost.per_guest.values)
        if name == "taken":
            free, baseline = self.memory_in_use.free.get((provider, stage or "")), self.memory_in_use.baseline
            return None if free is None or baseline is None else baseline.total.mean - free
        if name == "apparent-per-guest":
            return self._per_guest_on_disk(provider)
        meter, metric, unit = _READ[name]
        stages = self.readings.stages(provider, meter)
        if stage is None and not stages:
            return None
        return self.readings.per_repeat(provider, stage or stages[-1], meter, metric, unit)

    def _per_guest_on_disk(self, provider: str) -> pd.Series | None:
        folder = self.values("apparent", provider, None)
        stages = self.readings.stages(provider, "disk")
        files = (
            [m for m in self.readings.metrics(provider, stages[-1], "disk") if m.startswith("apparent:")]
            if stages
            else []
        )
        return None if folder is None or not files else folder / len(files)
