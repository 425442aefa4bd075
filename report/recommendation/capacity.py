"""How many guests fit a host: from the cost model, for guests and hosts of other sizes, with what runs out first."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from report.recommendation.demand import Demand, Fit
from report.recommendation.resample import resample
from report.stats.bootstrap import percentile_interval

GUESTS_MIB = (256, 512, 1024, 2048, 4096)
HOSTS_GIB = (4, 8, 16, 32, 64, 128)
_Drawn = Mapping[str, np.ndarray]


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
    """Fill the table: each hypervisor, guest size and host size, with 95 % intervals by bootstrap over boots."""
    drawn = resample({provider: each for provider, each in demands.items() if each.as_read.n > 1})
    full = {
        (provider, guest, host): fit
        for provider, each in demands.items()
        for guest in GUESTS_MIB
        for host in HOSTS_GIB
        if (fit := _fit(each, host * 1024, guest, drawn.get(provider))) is not None
    }
    idle = {
        (provider, host): fit
        for provider, each in demands.items()
        for host in HOSTS_GIB
        if (fit := _fit(each, host * 1024, None, drawn.get(provider))) is not None
    }
    return Capacity(dict(demands), full, idle)


def _fit(demand: Demand, host_mib: float, guest_mib: float | None, drawn: _Drawn | None) -> Fit | None:
    """Return how many guests of `guest_mib` MiB fit, with interval if `drawn` has resamples; None: guests as read."""
    fit = demand.fit(host_mib, demand.as_read.mean if guest_mib is None else demand.at(guest_mib))
    if fit is None or drawn is None:
        return fit
    per_guest = drawn["as_read"]
    if guest_mib is not None:
        per_guest = guest_mib + np.maximum(per_guest - demand.guest_mib, 0.0)
    rooms = [_share(host_mib - drawn["fixed"], per_guest)]
    if "cpu" in drawn:
        rooms.append(_share(np.asarray(demand.cpu_room), drawn["cpu"]))
    if "disk" in drawn and demand.disk_room is not None:
        rooms.append(_share(np.asarray(demand.disk_room), drawn["disk"]))
    least = np.min(np.stack(rooms), axis=0)
    if not np.isfinite(least).all():  # a resample in which a guest takes nothing
        return fit
    boots = min(it.n for it in (demand.as_read, demand.cpu, demand.disk) if it is not None)
    if boots < 2:
        return fit
    low, high = (max(math.floor(end), 0) for end in percentile_interval(least, boots))
    return replace(fit, low=min(low, fit.guests), high=max(high, fit.guests))


def _share(room: np.ndarray, takes: np.ndarray) -> np.ndarray:
    """Return how often `takes` goes into `room`; without end where it takes nothing."""
    some = takes > 0
    return np.where(some, room / np.where(some, takes, 1.0), np.inf)
