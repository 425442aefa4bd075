"""CPU: Table 4 and what Figure 8 draws, at the stage with all guests up."""

from dataclasses import dataclass

import pandas as pd

from report.data.gaps import Missing, find_missing
from report.data.readings import Estimate, Readings

GUEST_CPU = "guest_cpu"
"""The derived number that is the CPU time of all guests."""

ROWS = ("idle", "user", "sys", "guest", "rest")


@dataclass(frozen=True)
class Table4:
    """Shares of CPU time in percent of all CPUs that the host's kernel sees.

    Attributes:
        stage: The stage that is shown.
        cells: By hypervisor and row; `guest` is time that the kernel books to guests, `rest` is 100 less the
            four others (nice, iowait, interrupts, steal).
        host_only: Hypervisors, in print order, under which the host's kernel has only some of the machine's CPUs or
            of their time, so that `cells` do not include the guests; of those whose idle time was read.
        guests: By hypervisor, CPU time of all guests by the hypervisor's own meter, percent of one CPU; those under
            which it was read.
        guest_meters: By hypervisor, the names in print of those meters.
        machine_idle: By hypervisor, idle time of the whole machine, percent of its CPUs: `idle`, and where that is of
            a host system alone, less what the guests used; those of which both were read.
        missing: The gaps.
    """

    stage: str
    cells: dict[tuple[str, str], Estimate]
    host_only: tuple[str, ...]
    guests: dict[str, Estimate]
    guest_meters: dict[str, str]
    machine_idle: dict[str, Estimate]
    missing: Missing


def table_4(readings: Readings, stage: str, cpus: int | None) -> Table4:
    """Build Table 4 at a stage, means over repeats.

    Args:
        readings: The study's numbers.
        stage: The stage.
        cpus: Number of CPUs of the machine; None if unknown.
    """
    cells: dict[tuple[str, str], Estimate] = {}
    for provider in readings.providers:
        shares = {
            row: values
            for row in ROWS[:-1]
            if (values := readings.per_repeat(provider, stage, "mpstat", row, "percent")) is not None
        }
        cells.update({(provider, row): Estimate.of(values) for row, values in shares.items()})
        rest = _rest(shares)
        if rest is not None:
            cells[provider, "rest"] = rest
    host_only = tuple(it.name for it in readings.hypervisors if it.host_cpu == "host" and (it.name, "idle") in cells)
    found = {name: guests_cpu(readings, name, stage) for name in readings.providers}
    guests = {name: Estimate.of(values) for name, values in found.items() if values is not None}
    meters = {name: ", ".join(readings.meters_behind(name, stage, GUEST_CPU)) for name in guests}
    found = {name: machine_idle(readings, name, stage, cpus) for name in readings.providers}
    whole = {name: Estimate.of(values) for name, values in found.items() if values is not None}
    return Table4(stage, cells, host_only, guests, meters, whole, find_missing(readings.providers, cells.keys(), ROWS))


def guests_cpu(readings: Readings, provider: str, stage: str) -> pd.Series | None:
    """Return the CPU time of all guests by a hypervisor's own meter, percent of one CPU, one value per repeat.

    Returns:
        The values; None if the study derives no such number under the hypervisor, or it was not read.
    """
    return readings.derived(provider, stage, GUEST_CPU, "percent")


def machine_idle(readings: Readings, provider: str, stage: str, cpus: int | None) -> pd.Series | None:
    """Return the idle time of the whole machine, percent of its CPUs, one value per repeat.

    Args:
        readings: The study's numbers.
        provider: Name of the hypervisor.
        stage: Name of the stage.
        cpus: Number of CPUs of the machine; None: not known.

    Returns:
        The values; None if they were not read, or if the host's kernel sees only a part and the rest is not known.
    """
    idle = readings.per_repeat(provider, stage, "mpstat", "idle", "percent")
    if idle is None or not any(it.name == provider and it.host_cpu == "host" for it in readings.hypervisors):
        return idle
    beside = guests_cpu(readings, provider, stage)
    if beside is None or not cpus:
        return None
    whole = (idle - beside / cpus).dropna()
    return whole if len(whole) else None


def _rest(shares: dict[str, pd.Series]) -> Estimate | None:
    if len(shares) < len(ROWS) - 1:
        return None
    rest = (100 - pd.concat(list(shares.values()), axis=1).sum(axis=1, skipna=False)).dropna()
    # mpstat prints two decimals, so the five can overshoot 100 by some hundredths.
    return Estimate.of(rest.clip(lower=0)) if len(rest) else None
