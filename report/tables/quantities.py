"""Quantities that claims and comparisons are about: by name, hypervisor and stage, one value per repeat."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from dataset.stages import guests_at
from report.data.readings import Estimate, Readings
from report.tables.cache_meaning import memory_of_2011
from report.tables.cost_model import Cost
from report.tables.cpu import machine_idle
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
_WORKED_OUT = {
    "taken": "MiB",
    "total-lacks": "MiB",
    "per-guest": "MiB",
    "fixed": "MiB",
    "machine-idle": "percent",
    "boot": "s",
    "apparent-per-guest": "B",
}
UNITS: dict[str, str] = {name: read.unit for name, read in _READ.items()} | _WORKED_OUT
"""The unit of each quantity, by its name."""


@dataclass(frozen=True)
class Quantities:
    """The quantities of one study.

    Attributes:
        readings: Its numbers.
        memory_in_use: Its comparable memory.
        costs: Its cost model.
        cpus: Number of CPUs of the machine; None: not known.
        guest_mib: The memory that each guest was given, MiB; None: not known.
    """

    readings: Readings
    memory_in_use: MemoryInUse
    costs: Mapping[str, Cost]
    cpus: int | None = None
    guest_mib: float | None = None

    def values(self, name: str, provider: str, stage: str | None) -> pd.Series | None:
        """Return one value per repeat in the unit of `UNITS`.

        `used` and `free` are in the meaning of 2011 where the kernel's parts were read, else as free counts them.

        Args:
            name: A key of `UNITS`.
            provider: Name as in data.
            stage: Name as in data; None for the last at which it was read (disk, CPU), and for what has no stage.

        Returns:
            The values, or None if it was not read.
        """
        if name in _WORKED_OUT:
            return self._worked_out(name, provider, stage)
        if name in ("used", "free") and stage is not None:
            of_2011 = memory_of_2011(self.readings, name, provider, stage)
            if of_2011 is not None and len(of_2011):
                return of_2011
        meter, metric, unit = _READ[name]
        stages = self.readings.stages(provider, meter)
        if stage is None and not stages:
            return None
        return self.readings.per_repeat(provider, stage or stages[-1], meter, metric, unit)

    def _worked_out(self, name: str, provider: str, stage: str | None) -> pd.Series | None:
        found: dict[str, Callable[[], pd.Series | None]] = {
            "per-guest": lambda: self._cost(provider, lambda cost: cost.per_guest),
            "fixed": lambda: self._cost(provider, lambda cost: cost.fixed),
            "taken": lambda: self._taken(provider, stage or ""),
            "total-lacks": lambda: self._missing_from_total(provider, stage or ""),
            "machine-idle": lambda: self._machine_idle(provider, stage),
            "boot": lambda: self._boot(provider),
            "apparent-per-guest": lambda: self._per_guest_on_disk(provider),
        }
        return found[name]()

    def _cost(self, provider: str, part: Callable[[Cost], Estimate | None]) -> pd.Series | None:
        cost = self.costs.get(provider)
        estimate = part(cost) if cost else None
        return None if estimate is None else pd.Series(estimate.values)

    def _taken(self, provider: str, stage: str) -> pd.Series | None:
        free, baseline = self.memory_in_use.free.get((provider, stage)), self.memory_in_use.baseline
        return None if free is None or baseline is None else baseline.total.mean - free

    def _machine_idle(self, provider: str, stage: str | None) -> pd.Series | None:
        stages = [stage] if stage else self.readings.stages(provider, "mpstat")
        return machine_idle(self.readings, provider, stages[-1], self.cpus) if stages else None

    def _boot(self, provider: str) -> pd.Series | None:
        """Return how long a guest took from its kernel's start to its sshd's, mean over the guests, by repeat."""
        stages = self.readings.stages(provider, "guest-boot")
        found = [self.readings.per_repeat(provider, stage, "guest-boot", "sshd", "s") for stage in stages]
        read = [values for values in found if values is not None]
        # A repeat that lacks a guest is not compared with those that have all: later guests start more slowly.
        return pd.concat(read, axis=1).mean(axis=1, skipna=False).dropna() if read else None

    def _missing_from_total(self, provider: str, stage: str) -> pd.Series | None:
        """Return what the host's total lacks of the machine's, beside the memory that the guests were given."""
        total = self.readings.per_repeat(provider, stage, "free", "total", "MiB")
        baseline = self.memory_in_use.baseline
        if total is None or baseline is None or self.guest_mib is None:
            return None
        return baseline.total.mean - total - guests_at(stage) * self.guest_mib

    def _per_guest_on_disk(self, provider: str) -> pd.Series | None:
        folder = self.values("apparent", provider, None)
        stages = self.readings.stages(provider, "disk")
        files = (
            [m for m in self.readings.metrics(provider, stages[-1], "disk") if m.startswith("apparent:")]
            if stages
            else []
        )
        return None if folder is None or not files else folder / len(files)
