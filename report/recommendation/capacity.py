"""How many guests fit a host: from the cost model, for guests and hosts of other sizes, with what runs out first."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from report.inference.intervals import Interval
from report.inference.lines import reaching
from report.recommendation.demand import Demand, Fit

GUESTS_MIB = (256, 512, 1024, 2048, 4096)
HOSTS_GIB = (4, 8, 16, 32, 64, 128)


@dataclass(frozen=True)
class Capacity:
    """The capacity table.

    Attributes:
        demands: By hypervisor.
        full: Guests that use all their memory, by hypervisor, guest MiB and host GiB.
        idle: Guests as they were read (idle, of the study's size), by hypervisor and host GiB.
    """

    demands: dict[str, Demand]
    full: dict[tuple[str, int, int], Fit]
    idle: dict[tuple[str, int], Fit]


def capacity(demands: Mapping[str, Demand]) -> Capacity:
    """Fill the table: each hypervisor, guest size and host size, with 95 % intervals over boots."""
    full = {
        (provider, guest, host): fit
        for provider, each in demands.items()
        for guest in GUESTS_MIB
        for host in HOSTS_GIB
        if (fit := fit_on(each, host * 1024, guest)) is not None
    }
    idle = {
        (provider, host): fit
        for provider, each in demands.items()
        for host in HOSTS_GIB
        if (fit := fit_on(each, host * 1024, None)) is not None
    }
    return Capacity(dict(demands), full, idle)


def fit_on(demand: Demand, host_mib: float, guest_mib: float | None) -> Fit | None:
    """Return how many guests fit a host, with interval where there is one.

    The ends are the numbers of guests at which the interval of what they take reaches what the host has, of the
    resource that is reached first.

    Args:
        demand: What a hypervisor and its guests take.
        host_mib: Memory of the host, MiB.
        guest_mib: Memory of each guest, all of which it uses, MiB; None: guests as they were read.

    Returns:
        The number and what limits it; None if a guest takes nothing of any resource.
    """
    fit = demand.fit(host_mib, demand.as_read.mean if guest_mib is None else demand.at(guest_mib))
    if fit is None:
        return fit
    intervals = [_memory(demand, host_mib, guest_mib)]
    if demand.cpu is not None and demand.cpu.mean > 0:
        intervals.append(reaching([0.0] * demand.cpu.n, demand.cpu.values, demand.cpu_room))
    if demand.disk is not None and demand.disk_room is not None and demand.disk.mean > 0:
        intervals.append(reaching([0.0] * demand.disk.n, demand.disk.values, demand.disk_room))
    known = [it for it in intervals if it is not None]
    if len(known) < len(intervals):
        return fit
    ends = [min(each) for each in zip(*known, strict=True)]
    if not all(map(math.isfinite, ends)):
        return fit
    low, high = (max(math.floor(end), 0) for end in ends)
    return replace(fit, low=min(low, fit.guests), high=max(high, fit.guests))


def _memory(demand: Demand, host_mib: float, guest_mib: float | None) -> Interval | None:
    per_guest = demand.as_read.values if guest_mib is None else demand.values_at(guest_mib)
    return reaching(demand.fixed.values, per_guest, host_mib)
