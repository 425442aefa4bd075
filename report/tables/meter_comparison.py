"""Meters side by side: what each says of one guest's memory, and of CPU, disk and boot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from dataset.derived import DERIVED
from dataset.descriptors import HypervisorInfo
from dataset.models import StudyInfo
from dataset.stages import guests_at
from report.data.readings import Estimate, Readings, over_stages
from report.tables.cpu import guests_cpu
from report.tables.machine import machine_memory
from report.tables.reader_overhead import Observer, observer

Row = Mapping[str, Estimate]
"""One meter's value by hypervisor; one under which it was not read is not in it."""


class _Source(NamedTuple):
    """Where a number is; `sign` is 1 if it grows as guests are started, -1 if it falls."""

    meter: str
    metric: str
    sign: int


_MEMORY = {
    "free": _Source(DERIVED, "machine_free", -1),
    "available": _Source(DERIVED, "machine_available", -1),
    "pss": _Source("vmm", "pss", 1),
    "uss": _Source("vmm", "uss", 1),
    "guest_ram": _Source("vmm", "guest_ram", 1),
    "own": _Source("vmm", "own", 1),
    "cache": _Source("account", "page_cache", 1),
    "kernel": _Source("account", "kernel", 1),
    "rest": _Source("account", "rest", 1),
}
_WHOLE = ("free", "available", "pss")
"""The meters that claim to measure the whole cost of a guest."""


@dataclass(frozen=True)
class Disagreement:
    """How far the meters of a guest's whole cost are apart under one hypervisor, MiB; `least` and `most` are rows."""

    provider: str
    least: str
    most: str
    apart: float


@dataclass(frozen=True)
class SideBySide:
    """The tables; a row that no hypervisor has is not in them.

    Attributes:
        first: Stage from which the cost of a guest is counted.
        last: Last stage of the memory rows, and the stage of CPU and disk.
        memory: Of one guest, MiB.
        disagreements: Of the hypervisors with two or more meters of the whole cost.
        cpu: `busy` and `guest` in percent of all CPUs; `guests`, of the hypervisor's own meter, in percent of one.
        disk: Of the image folder, bytes: `apparent`, `allocated`, `virtual`.
        boot: Of one guest, seconds: `controller`, `guest`.
        manager: Of the manager's window, MiB, and of the lab host's X session: `free`, `available`, `pss`, `session`.
        observer: What the kit itself took; None if it was not read.
    """

    first: str
    last: str
    memory: Mapping[str, Row]
    disagreements: Sequence[Disagreement]
    cpu: Mapping[str, Row]
    disk: Mapping[str, Row]
    boot: Mapping[str, Row]
    manager: Mapping[str, Row]
    observer: Observer | None

    def __bool__(self) -> bool:
        """Return whether anything was read that the 2011 study's own meters do not measure."""
        return self.observer is not None or "pss" in self.manager or not {"pss", "kernel"}.isdisjoint(self.memory)


def side_by_side(readings: Readings, study: StudyInfo) -> SideBySide:
    """Collect what the meters say; means over repeats.

    cost of a guest by a meter = (value at the last - at the first stage) / guests between them, for each repeat; the
    first stage is VM-1, or that without a guest if no more than one was brought up.
    """
    last = readings.last_stage()
    first = "vm-1" if guests_at(last) > 1 else "booting"
    memory = {
        name: _row(readings, lambda it, source=source: _cost(readings, it, (first, last), source))  # type: ignore[misc]
        for name, source in _MEMORY.items()
    }
    memory["given"] = _row(readings, lambda it: _given(readings, it, last))
    return SideBySide(
        first=first,
        last=last,
        memory=_told(memory),
        disagreements=_disagreements(readings, memory),
        cpu=_told(_cpu(readings, last)),
        disk=_told(_disk(readings, last)),
        boot=_told(
            {
                "controller": _row(readings, lambda it: _boot_s(study, it.name)),
                "guest": _row(readings, lambda it: over_stages(readings, it.name, "guest-boot", "sshd", "s")),
            }
        ),
        manager=_told(_manager(readings)),
        observer=observer(readings),
    )


def _row(readings: Readings, value: Callable[[HypervisorInfo], Estimate | None]) -> dict[str, Estimate]:
    return {it.name: found for it in readings.hypervisors if (found := value(it)) is not None}


def _told(rows: Mapping[str, Row]) -> dict[str, Row]:
    return {name: row for name, row in rows.items() if row}


def _cost(readings: Readings, hypervisor: HypervisorInfo, between: tuple[str, str], source: _Source) -> Estimate | None:
    """Return what one guest costs by a meter, MiB."""
    begin, end = (_number(readings, hypervisor, stage, source) for stage in between)
    guests = guests_at(between[1]) - guests_at(between[0])
    if begin is None or end is None or not guests:
        return None
    # Subtraction aligns by repeat.
    return _mean(source.sign * (end - begin) / guests)


def _number(readings: Readings, hypervisor: HypervisorInfo, stage: str, source: _Source) -> pd.Series | None:
    if source.meter == DERIVED:
        return machine_memory(readings, hypervisor, stage, source.metric)
    return readings.per_repeat(hypervisor.name, stage, source.meter, source.metric, "MiB")


def _given(readings: Readings, hypervisor: HypervisorInfo, stage: str) -> Estimate | None:
    """Return the memory that the hypervisor says it has given to a guest: the mean over the guests, MiB."""
    values = readings.derived(hypervisor.name, stage, "guest_memory", "MiB") if guests_at(stage) else None
    return None if values is None else Estimate.of(values / guests_at(stage))


def _disagreements(readings: Readings, memory: Mapping[str, Row]) -> list[Disagreement]:
    found = []
    for provider in readings.providers:
        means = {name: memory[name][provider].mean for name in _WHOLE if provider in memory.get(name, {})}
        if len(means) > 1:
            least, most = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
            found.append(Disagreement(provider, least, most, means[most] - means[least]))
    return found


def _cpu(readings: Readings, last: str) -> dict[str, Row]:
    idle = _row(readings, lambda it: readings.estimate(it.name, last, "mpstat", "idle", "percent"))
    return {
        "busy": {name: Estimate.of(100 - pd.Series(value.values)) for name, value in idle.items()},
        "guest": _row(readings, lambda it: readings.estimate(it.name, last, "mpstat", "guest", "percent")),
        "guests": _row(readings, lambda it: _mean(guests_cpu(readings, it.name, last))),
    }


def _disk(readings: Readings, last: str) -> dict[str, Row]:
    return {
        "apparent": _row(readings, lambda it: readings.estimate(it.name, last, "disk", "apparent", "B")),
        "allocated": _row(readings, lambda it: readings.estimate(it.name, last, "disk", "allocated", "B")),
        "virtual": _row(readings, lambda it: readings.estimate(it.name, last, "image-size", "virtual", "B")),
    }


def _manager(readings: Readings) -> dict[str, Row]:
    """Collect what the manager costs: the change from Booting to Manager, and the PSS of its processes; MiB."""
    return {
        "free": _row(readings, lambda it: _step(readings, it, _MEMORY["free"])),
        "available": _row(readings, lambda it: _step(readings, it, _MEMORY["available"])),
        "pss": _row(readings, lambda it: readings.estimate(it.name, "manager", "manager", "pss", "MiB")),
        "session": _row(readings, lambda it: readings.estimate(it.name, "manager", "manager", "session_pss", "MiB")),
    }


def _step(readings: Readings, hypervisor: HypervisorInfo, source: _Source) -> Estimate | None:
    before, after = (_number(readings, hypervisor, stage, source) for stage in ("booting", "manager"))
    return None if before is None or after is None else _mean(source.sign * (after - before))


def _mean(values: pd.Series | None) -> Estimate | None:
    """Return the mean over the repeats in which a number was read; None if there is none."""
    read = None if values is None else values.dropna()
    return None if read is None or read.empty else Estimate.of(read)


def _boot_s(study: StudyInfo, provider: str) -> Estimate | None:
    """Return how long the controller waited for a guest: mean over a run's guests, one value a run."""
    runs = [run for run in study.runs if run.provider == provider and run.status == "finished"]
    measured = [[t.booting_s for t in run.timings if guests_at(t.stage) and t.booting_s is not None] for run in runs]
    means = [sum(times) / len(times) for times in measured if times]
    return Estimate.of(pd.Series(means)) if means else None
