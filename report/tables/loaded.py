"""Guests at work (stages `vm-N+load`): what they cost the host, what they yield, and what the host gets back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import pandas as pd

from dataset.descriptors import HypervisorInfo, MeterInfo
from dataset.guests import guest_names
from dataset.models import StudyInfo
from dataset.stages import LOAD, REST, guests_at, vm_stage
from report.data.readings import Estimate, Readings
from report.inference.resolution import work_resolution
from report.inference.verdicts import Decided, differ
from report.tables.cost_model import Cost, Difference, costs, differences
from report.tables.cpu import machine_idle
from report.tables.machine import machine_memory
from report.tables.memory import MemoryInUse, comparable


@dataclass(frozen=True)
class Work:
    """What the guests of one stage yielded by one program.

    Attributes:
        guests: How many there were.
        total: Of all guests, in the unit of the program's work.
        slowest: The slowest guest, percent of the mean of the guests.
        fairness: Jain's index, (sum of x)^2 / (n x sum of x^2): 1 if all yielded the same, 1/n if one yielded all.
        cpu: CPU that the whole machine used more than without guests, percent of all its CPUs, for each unit of work;
            None if it was not read, or if the load has more than one program.
    """

    guests: int
    total: Estimate
    slowest: Estimate
    fairness: Estimate
    cpu: Estimate | None

    @property
    def per_guest(self) -> Estimate:
        """The mean of the guests."""
        return self.total.over(self.guests)


@dataclass(frozen=True)
class Memory:
    """Memory of the machine that a load took and gave back at the last stage, MiB; positive: less is free.

    Attributes:
        taken: By the load, beyond the same guests before.
        given_back: Of it, when the guests had ended; None if it was not read.
    """

    taken: Estimate
    given_back: Estimate | None


@dataclass(frozen=True)
class Loaded:
    """The readings of guests at work.

    Attributes:
        kind: Name of the load.
        guests: Guests at the last stage.
        in_use: Memory that is no longer free of the machine, at the stages with the load.
        costs: The cost model of these stages.
        differences: Of the costs per guest.
        busy: CPU that the whole machine used, percent of all its CPUs, by hypervisor and stage.
        memory: By hypervisor.
        work: By hypervisor and meter, in the order of the stages.
        meters: The load's programs that yield something.
        compared: Work of all guests at the last stage: meter, the hypervisor with more, the other, and the verdict.
    """

    kind: str
    guests: int
    in_use: MemoryInUse
    costs: dict[str, Cost]
    differences: list[tuple[str, str, Difference]]
    busy: dict[tuple[str, str], Estimate]
    memory: dict[str, Memory]
    work: dict[tuple[str, str], list[Work]]
    meters: tuple[MeterInfo, ...]
    compared: list[tuple[MeterInfo, str, str, Decided]]

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages with the load, in their order."""
        return self.in_use.stages

    def cost_of(self, providers: Sequence[str]) -> dict[str, Cost]:
        """Return the costs of guests at work; none unless all of these hypervisors have one: they are compared."""
        return self.costs if all(name in self.costs for name in providers) else {}


def loaded(readings: Readings, study: StudyInfo) -> Loaded | None:
    """Work out what was read of guests at work; None if the study has no such stage."""
    found = {stage for name in readings.providers for stage in readings.stages_of(LOAD, name)}
    if not found:
        return None
    stages = tuple(vm_stage(number, LOAD) for number in range(1, max(map(guests_at, found)) + 1))
    guests = guests_at(stages[-1])
    in_use = comparable(readings, stages)
    fitted = costs(in_use)
    cpus = study.lab_host("vcpus")
    busy = _busy(readings, stages, cpus if isinstance(cpus, int) else None)
    meters = tuple(it for it in study.meters if it.work is not None)
    alone = sum(it.where == "guests" for it in study.meters) == 1
    work = {
        (name, meter.name): rows
        for name in readings.providers
        for meter in meters
        if (rows := list(_work(readings, name, meter, stages, busy if alone else {})))
    }
    return Loaded(
        kind=str(study.parameters.load.get("kind", "")),
        guests=guests,
        in_use=in_use,
        costs=fitted,
        differences=differences(fitted),
        busy={key: Estimate.of(values) for key, values in busy.items() if guests_at(key[1])},
        memory={it.name: memory for it in readings.hypervisors if (memory := _memory(readings, it, guests))},
        work=work,
        meters=meters,
        compared=list(_compared(readings.providers, meters, work, guests)),
    )


def _busy(readings: Readings, stages: Sequence[str], cpus: int | None) -> dict[tuple[str, str], pd.Series]:
    """Return what the whole machine used, percent of its CPUs, at the stages and before there were guests."""
    return {
        (name, stage): 100 - idle
        for name in readings.providers
        for stage in ("booting", *stages)
        if (idle := machine_idle(readings, name, stage, cpus)) is not None
    }


def _memory(readings: Readings, hypervisor: HypervisorInfo, guests: int) -> Memory | None:
    free = {
        phase: machine_memory(readings, hypervisor, vm_stage(guests, phase), "machine_free")
        for phase in ("", LOAD, REST)
    }
    before, during, after = free[""], free[LOAD], free[REST]
    if before is None or during is None:
        return None
    taken = (before - during).dropna()
    back = pd.Series(dtype=float) if after is None else (after - during).dropna()
    return Memory(Estimate.of(taken), Estimate.of(back) if len(back) else None) if len(taken) else None


def _work(
    readings: Readings, provider: str, meter: MeterInfo, stages: Sequence[str], busy: dict[tuple[str, str], pd.Series]
) -> Iterator[Work]:
    for stage in stages:
        work = meter.work
        assert work is not None
        each = [
            readings.per_repeat(provider, stage, meter.name, f"{work.metric}:{name}", work.unit)
            for name in guest_names(guests_at(stage))
        ]
        present = [values for values in each if values is not None]
        if len(present) < len(each):
            continue
        table = pd.concat(present, axis=1).dropna()
        total = table.sum(axis=1)
        if not len(total) or not (total > 0).all():
            continue
        here, before = busy.get((provider, stage)), busy.get((provider, "booting"))
        cost = None if here is None or before is None else ((here - before) / total).dropna()
        yield Work(
            guests=len(each),
            total=Estimate.of(total),
            slowest=Estimate.of(100 * table.min(axis=1) / table.mean(axis=1)),
            fairness=Estimate.of(total**2 / (len(each) * (table**2).sum(axis=1))),
            cpu=Estimate.of(cost) if cost is not None and len(cost) else None,
        )


def _compared(
    providers: Sequence[str], meters: Sequence[MeterInfo], work: dict[tuple[str, str], list[Work]], guests: int
) -> Iterator[tuple[MeterInfo, str, str, Decided]]:
    for meter in meters:
        last = {
            name: rows[-1].total
            for name in providers
            if (rows := work.get((name, meter.name))) and rows[-1].guests == guests
        }
        for pair in combinations(last, 2):
            more, less = sorted(pair, key=lambda name: -last[name].mean)
            step = work_resolution(last[less].mean)
            yield meter, more, less, differ(last[more].measured(step), last[less].measured(step))
