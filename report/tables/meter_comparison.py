"""Meters side by side: what each says of one guest's memory, and of CPU, disk and boot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from dataset.models import StudyInfo
from dataset.stages import guests_at
from report.data.names import PROVIDERS
from report.data.readings import Estimate, Readings, over_stages
from report.tables.reader_overhead import Observer, observer

Row = Mapping[str, Estimate]
"""One meter's value by provider; a provider under which it was not read is not in it."""


class _Source(NamedTuple):
    """Where a number is; `sign` is 1 if it grows as guests come, -1 if it falls."""

    meter: str
    metric: str
    sign: int


_MEMORY = {
    "free": _Source("free", "paper_free", -1),
    "available": _Source("meminfo", "MemAvailable", -1),
    "pss": _Source("vmm", "pss", 1),
    "uss": _Source("vmm", "uss", 1),
    "guest_ram": _Source("vmm", "guest_ram", 1),
    "own": _Source("vmm", "own", 1),
    "cache": _Source("account", "page_cache", 1),
    "kernel": _Source("account", "kernel", 1),
    "rest": _Source("account", "rest", 1),
}
_WHOLE = ("free", "available", "pss")
"""The meters that claim to tell all that a guest costs."""
_GUEST = "server"
_UNITS = {"mem": "MiB", "cpu": "percent"}


@dataclass(frozen=True)
class Disagreement:
    """How far the meters of a guest's whole cost are apart under one provider, MiB; `least` and `most` are rows."""

    provider: str
    least: str
    most: str
    apart: float


@dataclass(frozen=True)
class SideBySide:
    """The tables; a row that no provider has is not in them.

    Attributes:
        first: Stage from which the cost of a guest is counted.
        last: Stage up to which, and at which CPU and disk are told.
        memory: Of one guest, MiB.
        disagreements: Of the providers with two or more meters of the whole cost.
        cpu: `busy` and `guest` in percent of all CPUs, `xentop` in percent of one.
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
        """Tell whether anything was read that the 2011 study's own meters do not tell."""
        return self.observer is not None or "pss" in self.manager or not {"pss", "kernel"}.isdisjoint(self.memory)


def side_by_side(readings: Readings, study: StudyInfo) -> SideBySide:
    """Collect what the meters say; means over repeats.

    cost of a guest by a meter = (value at the last - at the first stage) / guests between them, for each repeat; the
    first stage is VM-1, or that without a guest if no more than one was brought up.
    """
    last = readings.last_stage()
    first = "vm-1" if guests_at(last) > 1 else "booting"
    memory = {
        name: _row(lambda p, it=source: _cost(readings, p, (first, last), it))  # type: ignore[misc]
        for name, source in _MEMORY.items()
    }
    memory["domain"] = _row(lambda p: _of_guests(readings, p, last, _Source("xl-list", "mem", 0)))
    return SideBySide(
        first=first,
        last=last,
        memory=_told(memory),
        disagreements=_disagreements(memory),
        cpu=_told(_cpu(readings, last)),
        disk=_told(_disk(readings, last)),
        boot=_told(
            {
                "controller": _row(lambda p: _boot_s(study, p)),
                "guest": _row(lambda p: over_stages(readings, p, "guest-boot", "sshd", "s")),
            }
        ),
        manager=_told(_manager(readings)),
        observer=observer(readings),
    )


def _row(value: Callable[[str], Estimate | None]) -> dict[str, Estimate]:
    return {name: found for name in PROVIDERS if (found := value(name)) is not None}


def _told(rows: Mapping[str, Row]) -> dict[str, Row]:
    return {name: row for name, row in rows.items() if row}


def _cost(readings: Readings, provider: str, between: tuple[str, str], source: _Source) -> Estimate | None:
    """Return what one guest costs by a meter, MiB."""
    begin, end = (_machine(readings, provider, stage, source) for stage in between)
    guests = guests_at(between[1]) - guests_at(between[0])
    if begin is None or end is None or not guests:
        return None
    # Subtraction aligns by repeat.
    steps = (source.sign * (end - begin) / guests).dropna()
    return Estimate.of(steps) if len(steps) else None


def _machine(readings: Readings, provider: str, stage: str, source: _Source) -> pd.Series | None:
    """Return a number per repeat, MiB. What is free in Xen's hypervisor is free, too."""
    values = readings.per_repeat(provider, stage, source.meter, source.metric, "MiB")
    if values is None or provider != "xen" or source.sign > 0:
        return values
    hypervisor = readings.per_repeat(provider, stage, "xl-info", "free_memory", "MiB")
    return None if hypervisor is None else values + hypervisor


def _of_guests(readings: Readings, provider: str, stage: str, source: _Source) -> Estimate | None:
    """Join what a meter tells of each guest (`METRIC:serverN`): the mean of memory, MiB; the sum of CPU shares."""
    start = f"{source.metric}:{_GUEST}"
    names = [name for name in readings.metrics(provider, stage, source.meter) if name.startswith(start)]
    unit = _UNITS[source.metric]
    columns = [readings.per_repeat(provider, stage, source.meter, name, unit) for name in names if name.count(":") == 1]
    if not columns:
        return None
    table = pd.concat([column for column in columns if column is not None], axis=1).dropna()
    values = table.mean(axis=1) if unit == "MiB" else table.sum(axis=1)
    return Estimate.of(values) if len(values) else None


def _disagreements(memory: Mapping[str, Row]) -> list[Disagreement]:
    found = []
    for provider in PROVIDERS:
        told = {name: memory[name][provider].mean for name in _WHOLE if provider in memory.get(name, {})}
        if len(told) > 1:
            least, most = min(told, key=told.__getitem__), max(told, key=told.__getitem__)
            found.append(Disagreement(provider, least, most, told[most] - told[least]))
    return found


def _cpu(readings: Readings, last: str) -> dict[str, Row]:
    idle = _row(lambda p: readings.estimate(p, last, "mpstat", "idle", "percent"))
    return {
        "busy": {name: Estimate.of(100 - pd.Series(value.values)) for name, value in idle.items()},
        "guest": _row(lambda p: readings.estimate(p, last, "mpstat", "guest", "percent")),
        "xentop": _row(lambda p: _of_guests(readings, p, last, _Source("xentop", "cpu", 0))),
    }


def _disk(readings: Readings, last: str) -> dict[str, Row]:
    return {
        "apparent": _row(lambda p: readings.estimate(p, last, "disk", "apparent", "B")),
        "allocated": _row(lambda p: readings.estimate(p, last, "disk", "allocated", "B")),
        "virtual": _row(lambda p: readings.estimate(p, last, "image-size", "virtual", "B")),
    }


def _manager(readings: Readings) -> dict[str, Row]:
    """Collect what the manager costs: the change from Booting to Manager, and the PSS of its processes; MiB."""
    return {
        "free": _row(lambda p: _step(readings, p, _MEMORY["free"])),
        "available": _row(lambda p: _step(readings, p, _MEMORY["available"])),
        "pss": _row(lambda p: readings.estimate(p, "manager", "manager", "pss", "MiB")),
        "session": _row(lambda p: readings.estimate(p, "manager", "manager", "session_pss", "MiB")),
    }


def _step(readings: Readings, provider: str, source: _Source) -> Estimate | None:
    before, after = (_machine(readings, provider, stage, source) for stage in ("booting", "manager"))
    if before is None or after is None:
        return None
    steps = (source.sign * (after - before)).dropna()
    return Estimate.of(steps) if len(steps) else None


def _boot_s(study: StudyInfo, provider: str) -> Estimate | None:
    """Return how long the controller waited for a guest: mean over a run's guests, one value a run."""
    runs = [run for run in study.runs if run.provider == provider and run.status == "finished"]
    told = [[t.booting_s for t in run.timings if guests_at(t.stage) and t.booting_s is not None] for run in runs]
    means = [sum(times) / len(times) for times in told if times]
    return Estimate.of(pd.Series(means)) if means else None
