"""What counts as cache: reclaimable slab does for free since procps-ng 3.3.10, and did not in 2011.

The 2011 study's "used without buffers and cache" is computed in one way from the kernel's own parts, which no version
of free changes (procps 3.2.7, proc/sysinfo.c; /proc/meminfo, KiB):

    free = MemFree + Buffers + Cached
    used = MemTotal - free
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from report.data.readings import Readings

_CACHED = ("MemFree", "Buffers", "Cached")
# Either is one that free rounds down from parts that it rounds down, too.
ROUNDING_MIB = 3


@dataclass(frozen=True)
class CacheMeaning:
    """How much more of the memory is used in the meaning of 2011 than free says, MiB.

    Attributes:
        least: At the stage at which it is least.
        most: At the stage at which it is most; where the parts were not read, all that free calls cache.
        parts: The parts were read at every stage; else only the limits `least` and `most` are known.
    """

    least: float
    most: float
    parts: bool

    @property
    def same(self) -> bool:
        """Whether both meanings agree within what free rounds off."""
        return max(abs(self.least), abs(self.most)) <= ROUNDING_MIB


def memory_of_2011(readings: Readings, name: str, provider: str, stage: str) -> pd.Series | None:
    """Return memory in the meaning of 2011, MiB, one value per repeat.

    Args:
        readings: The study's numbers.
        name: `used` or `free`.
        provider: Name as in data.
        stage: Name as in data.

    Returns:
        The values; None if one of the kernel's parts was not read.
    """
    parts = [readings.per_repeat(provider, stage, "meminfo", metric, "MiB") for metric in ("MemTotal", *_CACHED)]
    read = [part for part in parts if part is not None]
    if len(read) < len(parts):
        return None
    total, *cached = read
    free = pd.concat(cached, axis=1).sum(axis=1, skipna=False)
    return (free if name == "free" else total - free).dropna()


def cache_meaning(readings: Readings, stages: Iterable[str]) -> CacheMeaning | None:
    """Compare both meanings at all stages of all hypervisors.

    Returns:
        The comparison; None if free was not read, or prints buffers and cache separately, as it did in 2011.
    """
    known: list[float] = []
    limits: list[float] = []
    for provider in readings.providers:
        for stage in stages:
            used = readings.per_repeat(provider, stage, "free", "paper_used", "MiB")
            cache = readings.per_repeat(provider, stage, "free", "buff_cache", "MiB")
            if used is None or cache is None:
                continue
            of_2011 = memory_of_2011(readings, "used", provider, stage)
            if of_2011 is None:
                limits.append(float(cache.mean()))
            else:
                known.append(float((of_2011 - used).mean()))
    if limits:
        return CacheMeaning(0, max([*limits, *known]), parts=False)
    return CacheMeaning(min(known), max(known), parts=True) if known else None
