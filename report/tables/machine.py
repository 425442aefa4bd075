"""Memory of the whole machine: what a study derives from its meters, or what a host kernel that covers it all says."""

import pandas as pd

from dataset.descriptors import HypervisorInfo
from report.data.readings import Readings

_OF_THE_KERNEL = {
    "machine_free": ("free", "paper_free"),
    "machine_total": ("free", "total"),
    "machine_available": ("meminfo", "MemAvailable"),
}


def machine_memory(readings: Readings, hypervisor: HypervisorInfo, stage: str, name: str) -> pd.Series | None:
    """Return a number of the machine's memory, MiB, one value per repeat.

    The study's own derived number counts. Where the study describes none, the number of the host's kernel is used if
    that kernel covers the whole machine.

    Args:
        readings: The study's numbers.
        hypervisor: One of its hypervisors.
        stage: Name as in data.
        name: `machine_free`, `machine_total` or `machine_available`.

    Returns:
        The values; None if it was not read.
    """
    if readings.derived_info(hypervisor.name, name) is not None:
        return readings.derived(hypervisor.name, stage, name, "MiB")
    if hypervisor.host_memory == "machine":
        return readings.per_repeat(hypervisor.name, stage, *_OF_THE_KERNEL[name], "MiB")
    return None
