"""Memory: Table 3 as the 2011 study printed it, and memory no longer free of the whole machine."""

from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dataset.stages import guests_at
from report.data.gaps import Missing, find_missing
from report.data.names import PLAIN_KERNEL, PROVIDERS
from report.data.readings import Estimate, Readings

XenFree = Literal["dom0-and-hypervisor", "dom0-only", "not-told"]
Cell = tuple[str, str]
"""A provider and a stage."""


@dataclass(frozen=True)
class Table3:
    """Total, used and free of `free -m` by stage and provider, in MiB."""

    stages: tuple[str, ...]
    total: dict[Cell, Estimate]
    used: dict[Cell, Estimate]
    free: dict[Cell, Estimate]
    missing: Missing


@dataclass(frozen=True)
class Baseline:
    """Memory of the whole machine, in MiB, and who said so.

    `plain-kernel`: MemTotal under KVM or VirtualBox. `hypervisor`: total_memory of `xl info`, which counts
    some MiB more than a plain kernel would, so it is used only where no plain kernel was read.
    """

    total: Estimate
    source: Literal["plain-kernel", "hypervisor"]


@dataclass(frozen=True)
class Taken:
    """Comparable memory: what is no longer free of the machine, in MiB.

    Attributes:
        stages: The rows.
        free: Free memory of the machine per repeat, MiB.
        baseline: Memory of the whole machine; None if nothing tells it.
        cells: baseline minus free; empty without a baseline.
        xen_free: What Xen's free memory consists of: dom0's and the hypervisor's, or dom0's alone where
            `xl info` was not read; `not-told` where moreover dom0's total did not fall as guests came up, so
            that their memory is in neither; None without Xen.
        missing: The gaps.
    """

    stages: tuple[str, ...]
    free: dict[Cell, pd.Series]
    baseline: Baseline | None
    cells: dict[Cell, Estimate]
    xen_free: XenFree | None
    missing: Missing


def table_3(readings: Readings, stages: tuple[str, ...]) -> Table3:
    """Build Table 3 for the given stages; all values in MiB, means over repeats."""
    total, used, free = (_free_column(readings, stages, metric) for metric in ("total", "paper_used", "paper_free"))
    return Table3(stages, total, used, free, find_missing(total.keys() & used.keys() & free.keys(), stages))


def comparable(readings: Readings, stages: tuple[str, ...]) -> Taken:
    """Work out the memory that is no longer free of the machine.

    taken = baseline total - free, where free is the machine's: `paper_free` of the plain kernel, and under
    Xen dom0's `paper_free` plus the hypervisor's own `free_memory` (docs/reference/report.md). `used` would not do:
    Xen takes guests' memory out of dom0's total.

    Args:
        readings: The study's numbers.
        stages: The rows.

    Returns:
        The table, in MiB.
    """
    xen_free = _xen_free(readings)
    free = {
        (provider, stage): values
        for provider in PROVIDERS
        for stage in stages
        if (values := _machine_free(readings, provider, stage, xen_free)) is not None
    }
    baseline = _baseline(readings)
    cells = {} if baseline is None else {key: _taken(baseline, values) for key, values in free.items()}
    return Taken(stages, free, baseline, cells, xen_free, find_missing(cells.keys(), stages))


def _xen_free(readings: Readings) -> XenFree | None:
    stages = readings.stages("xen", "free")
    if not stages:
        return None
    if readings.stages("xen", "xl-info"):
        return "dom0-and-hypervisor"
    totals = [total.mean for s in stages if (total := readings.estimate("xen", s, "free", "total", "MiB")) is not None]
    fell = not totals or totals[-1] < totals[0] or guests_at(stages[-1]) == 0
    return "dom0-only" if fell else "not-told"


def _free_column(readings: Readings, stages: tuple[str, ...], metric: str) -> dict[Cell, Estimate]:
    return {
        (provider, stage): estimate
        for provider in PROVIDERS
        for stage in stages
        if (estimate := readings.estimate(provider, stage, "free", metric, "MiB")) is not None
    }


def _machine_free(readings: Readings, provider: str, stage: str, xen_free: str | None) -> pd.Series | None:
    kernel = readings.per_repeat(provider, stage, "free", "paper_free", "MiB")
    if kernel is None or provider in PLAIN_KERNEL or xen_free == "dom0-only":
        return kernel
    if xen_free == "not-told":
        return None
    hypervisor = readings.per_repeat(provider, stage, "xl-info", "free_memory", "MiB")
    if hypervisor is None:
        return None
    # Only repeats in which both were read: half a sum would look like memory that is gone.
    both = (kernel + hypervisor).dropna()
    return both if len(both) else None


def _baseline(readings: Readings) -> Baseline | None:
    for provider in PLAIN_KERNEL:
        for stage in readings.stages(provider, "free"):
            total = readings.estimate(provider, stage, "free", "total", "MiB")
            if total is not None:
                return Baseline(total, "plain-kernel")
    for stage in readings.stages("xen", "xl-info"):
        total = readings.estimate("xen", stage, "xl-info", "total_memory", "MiB")
        if total is not None:
            return Baseline(total, "hypervisor")
    return None


def _taken(baseline: Baseline, free: pd.Series) -> Estimate:
    return Estimate.of(baseline.total.mean - free)
