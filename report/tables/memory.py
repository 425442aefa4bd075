"""Memory: Table 3 as the 2011 study printed it, and memory no longer free of the whole machine."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dataset.descriptors import HypervisorInfo
from dataset.stages import guests_at
from report.data.gaps import Missing, find_missing
from report.data.readings import Estimate, Readings
from report.tables.machine import machine_memory

Scope = Literal["machine", "host-only", "unknown"]
Cell = tuple[str, str]
"""A hypervisor and a stage."""


@dataclass(frozen=True)
class Table3:
    """Total, used and free of `free -m` by stage and hypervisor, MiB."""

    stages: tuple[str, ...]
    total: dict[Cell, Estimate]
    used: dict[Cell, Estimate]
    free: dict[Cell, Estimate]
    missing: Missing


@dataclass(frozen=True)
class Baseline:
    """Memory of the whole machine, MiB.

    A host kernel that covers the machine comes first; a hypervisor below the kernel counts some MiB more.

    Attributes:
        total: The memory.
        provider: The hypervisor under which it was read.
        of_kernel: Whether the host's kernel says so; else a number that the study derives from the hypervisor's meters.
        formula: How it was computed.
    """

    total: Estimate
    provider: str
    of_kernel: bool
    formula: str


@dataclass(frozen=True)
class MemoryInUse:
    """Comparable memory: what is no longer free of the machine, in MiB.

    Attributes:
        stages: The rows.
        free: Free memory of the machine per repeat, MiB.
        baseline: Memory of the whole machine; None if nothing reports it.
        cells: baseline minus free; empty without a baseline.
        scopes: What the free memory of each hypervisor covers: the `machine`; or the `host-only`, where the study read
            no more than the memory of a host system that gives memory to the guests; or `unknown`, where moreover
            the host's total did not fall as guests came up, so that their memory is in neither number.
        formulas: How the machine's free memory is computed under each hypervisor whose host system has only a part of
            it; of those with the scope `machine`.
        missing: The gaps.
    """

    stages: tuple[str, ...]
    free: dict[Cell, pd.Series]
    baseline: Baseline | None
    cells: dict[Cell, Estimate]
    scopes: Mapping[str, Scope]
    formulas: Mapping[str, str]
    missing: Missing


def table_3(readings: Readings, stages: tuple[str, ...]) -> Table3:
    """Build Table 3 for the given stages; all values in MiB, means over repeats."""
    total, used, free = (_free_column(readings, stages, metric) for metric in ("total", "paper_used", "paper_free"))
    present = total.keys() & used.keys() & free.keys()
    return Table3(stages, total, used, free, find_missing(readings.providers, present, stages))


def comparable(readings: Readings, stages: tuple[str, ...]) -> MemoryInUse:
    """Compute the memory that is no longer free of the machine: its total - its free memory (docs/reference/report.md).

    `used` would not do: a hypervisor below the host's kernel takes the guests' memory out of the kernel's total.

    Args:
        readings: The study's numbers.
        stages: The rows.

    Returns:
        The table, in MiB.
    """
    found = {it.name: _scope(readings, it) for it in readings.hypervisors}
    scopes = {name: scope for name, scope in found.items() if scope is not None}
    free = {
        (it.name, stage): values
        for it in readings.hypervisors
        for stage in stages
        if (values := _free(readings, it, stage, scopes.get(it.name))) is not None
    }
    baseline = _baseline(readings)
    cells = {} if baseline is None else {key: _in_use(baseline, values) for key, values in free.items()}
    formulas = {
        it.name: info.formula or info.title
        for it in readings.hypervisors
        if it.host_memory == "host"
        and scopes.get(it.name) == "machine"
        and (info := readings.derived_info(it.name, "machine_free")) is not None
    }
    missing = find_missing(readings.providers, cells.keys(), stages)
    return MemoryInUse(stages, free, baseline, cells, scopes, formulas, missing)


def _scope(readings: Readings, hypervisor: HypervisorInfo) -> Scope | None:
    """Return what the free memory covers that was read under a hypervisor; None if none was read."""
    name = hypervisor.name
    if any(machine_memory(readings, hypervisor, s, "machine_free") is not None for s in readings.stages(name)):
        return "machine"
    stages = readings.stages(name, "free")
    if not stages or hypervisor.host_memory == "machine":
        return None
    totals = [total.mean for s in stages if (total := readings.estimate(name, s, "free", "total", "MiB")) is not None]
    fell = not totals or totals[-1] < totals[0] or guests_at(stages[-1]) == 0
    return "host-only" if fell else "unknown"


def _free(readings: Readings, hypervisor: HypervisorInfo, stage: str, scope: Scope | None) -> pd.Series | None:
    if scope == "host-only":
        return readings.per_repeat(hypervisor.name, stage, "free", "paper_free", "MiB")
    return machine_memory(readings, hypervisor, stage, "machine_free") if scope == "machine" else None


def _free_column(readings: Readings, stages: tuple[str, ...], metric: str) -> dict[Cell, Estimate]:
    return {
        (provider, stage): estimate
        for provider in readings.providers
        for stage in stages
        if (estimate := readings.estimate(provider, stage, "free", metric, "MiB")) is not None
    }


def _baseline(readings: Readings) -> Baseline | None:
    for it in sorted(readings.hypervisors, key=lambda each: each.host_memory != "machine"):
        for stage in readings.stages(it.name):
            total = machine_memory(readings, it, stage, "machine_total")
            if total is not None:
                info = readings.derived_info(it.name, "machine_total")
                return Baseline(
                    Estimate.of(total), it.name, it.host_memory == "machine", info.formula if info else "free total"
                )
    return None


def _in_use(baseline: Baseline, free: pd.Series) -> Estimate:
    return Estimate.of(baseline.total.mean - free)
