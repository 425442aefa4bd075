"""What hypervisors and their guests take of a host: memory, CPU and disk, from the cost model and the readings."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dataset.descriptors import HypervisorInfo
from dataset.models import StudyInfo
from dataset.stages import guests_at
from report.data.readings import Estimate, Readings
from report.tables.cost_model import Cost
from report.tables.cpu import guests_cpu

Resource = Literal["memory", "cpu", "disk"]
_GIB = 1024.0**3
_GB = 1e9


@dataclass(frozen=True)
class Fit:
    """How many guests fit, and which resource the next one would lack.

    Attributes:
        guests: The number.
        limit: The resource.
        low: The lower end of the number's 95 % interval; None for one boot, or if it has none.
        high: The upper end.
    """

    guests: int
    limit: Resource
    low: int | None = None
    high: int | None = None


@dataclass(frozen=True)
class Demand:
    """What a hypervisor and its guests demand of a host.

    Attributes:
        provider: Name as in data.
        fixed: Memory without guests, MiB.
        as_read: Memory of a further guest as it was read, MiB.
        guest_mib: The memory that guest was given, MiB.
        cpu: CPU of a further guest, percent of all CPUs of the study's host; None if not read.
        cpu_room: CPU that is idle without guests, percent.
        disk: Disk of a further guest as its image was read, bytes; None if not read.
        disk_room: The partition for images, bytes; None if unknown.
        first: Guests at the first of the two stages behind `as_read`.
        last: Guests at the last.
    """

    provider: str
    fixed: Estimate
    as_read: Estimate
    guest_mib: float
    cpu: Estimate | None
    cpu_room: float
    disk: Estimate | None
    disk_room: float | None
    first: int
    last: int

    @property
    def memory_fully_used(self) -> bool:
        """Whether a guest took at least its own memory, so that the overhead beyond it is known."""
        return self.as_read.mean >= self.guest_mib

    @property
    def overhead(self) -> float:
        """What a guest takes beyond its own memory, MiB; 0 where that is unknown."""
        return max(self.as_read.mean - self.guest_mib, 0.0)

    def at(self, guest_mib: float) -> float:
        """Return what a guest of `guest_mib` MiB takes at most of the host: its memory and the overhead, MiB."""
        return guest_mib + self.overhead

    def values_at(self, guest_mib: float) -> list[float]:
        """Return `at` for each boot; where the overhead is unknown, all boots are the same."""
        if not self.memory_fully_used:
            return [guest_mib] * self.as_read.n
        return [guest_mib + value - self.guest_mib for value in self.as_read.values]

    def fit(self, host_mib: float, per_guest: float) -> Fit | None:
        """Return how many guests fit a host with the study's CPU and partition, and other memory.

        Args:
            host_mib: Memory of the host as its kernel sees it, MiB.
            per_guest: Memory that a guest takes, MiB.

        Returns:
            The number and the resource that runs out first; None if a guest takes nothing of any.
        """
        room: dict[Resource, float] = {}
        if per_guest > 0:
            room["memory"] = (host_mib - self.fixed.mean) / per_guest
        if self.cpu is not None and self.cpu.mean > 0:
            room["cpu"] = self.cpu_room / self.cpu.mean
        # An image of which nothing is allocated yet fills no partition.
        if self.disk is not None and self.disk_room is not None and self.disk.mean > 0:
            room["disk"] = self.disk_room / self.disk.mean
        if not room:
            return None
        limit = min(room, key=lambda name: room[name])
        return Fit(max(math.floor(room[limit]), 0), limit)


def demands_of(
    readings: Readings, study: StudyInfo, costs: Mapping[str, Cost], stage: str, disk_room: float | None = None
) -> dict[str, Demand]:
    """Collect what each hypervisor and its guests take; one without a cost model is not in it.

    Args:
        readings: The study's numbers.
        study: Its `study.json`.
        costs: Its cost model.
        stage: The last stage of those behind the cost model, at which CPU is read.
        disk_room: Size of the partition for images, bytes; None: the study's own.
    """
    guest_mib = study.parameters.guest_memory_mib
    found = {}
    for hypervisor in readings.hypervisors:
        provider = hypervisor.name
        cost = costs.get(provider)
        if cost is None or cost.fixed is None or guest_mib is None:
            continue
        busy, room = _cpu_of(readings, study, hypervisor, stage)
        stages = [stage for stage in readings.stages(provider, "disk") if guests_at(stage)]
        allocated = readings.per_repeat(provider, stages[-1], "disk", "allocated", "B") if stages else None
        found[provider] = Demand(
            provider,
            fixed=cost.fixed,
            as_read=cost.per_guest,
            guest_mib=guest_mib,
            cpu=busy,
            cpu_room=room,
            disk=None if allocated is None else Estimate.of(allocated / guests_at(stages[-1])),
            disk_room=disk_room or _partition(study, hypervisor.image_folder),
            first=cost.first,
            last=cost.last,
        )
    return found


def _cpu_of(
    readings: Readings, study: StudyInfo, hypervisor: HypervisorInfo, stage: str
) -> tuple[Estimate | None, float]:
    """Return CPU per guest and CPU that is idle without guests, percent of all CPUs of the host."""
    provider = hypervisor.name
    idle = readings.per_repeat(provider, stage, "mpstat", "idle", "percent")
    before = readings.per_repeat(provider, "booting", "mpstat", "idle", "percent")
    room = 100.0 if before is None else float(before.mean())
    if idle is None:
        return None, room
    busy = (100.0 if before is None else before) - idle
    if hypervisor.host_cpu == "host":
        cpus, beside = study.lab_host("vcpus"), guests_cpu(readings, provider, stage)
        if beside is None or not isinstance(cpus, int) or cpus < 1:
            # The host's kernel has its own CPU time only; without the guests' it is unknown how many fit.
            return None, room
        busy = busy + beside / cpus
    busy = busy.dropna() / guests_at(stage)
    return (Estimate.of(busy) if len(busy) else None), room


def _partition(study: StudyInfo, image_folder: str) -> float | None:
    # Tools print GiB. Print says GB, and means it: 289 GiB of partitions do not fit the 300 GB disk of 2011.
    unit = _GB if study.published else _GIB
    sizes = [it.size_gb for it in study.environment.partitions if it.mount == image_folder]
    return sizes[0] * unit if sizes else None
