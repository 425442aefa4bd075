"""What a reader of a study must know of a hypervisor: the part of its descriptor that nothing else defines."""

from dataclasses import dataclass
from typing import Literal

from dataset.descriptors import DerivedInfo, Term


@dataclass(frozen=True)
class Traits:
    """What `dataset.descriptors.HypervisorInfo` has beyond the names of a hypervisor.

    Attributes:
        colour: Its colour in figures, `#rrggbb`.
        host_name: What the system that runs the host's own kernel is called in print.
        host_memory: What the memory meters of the host's kernel cover.
        host_cpu: The same for its CPU meters.
        guest_memory: When a guest's memory is taken from the machine.
        derived: Numbers that are computed from metrics.
    """

    colour: str
    derived: tuple[DerivedInfo, ...]
    host_name: str = "host"
    host_memory: Literal["machine", "host"] = "machine"
    host_cpu: Literal["machine", "host"] = "machine"
    guest_memory: Literal["at-start", "on-touch"] = "on-touch"


def memory_of_the_kernel(hypervisor: str) -> tuple[DerivedInfo, ...]:
    """Return how the machine's memory is computed where the host's own kernel covers the whole machine.

    Args:
        hypervisor: Name of the hypervisor.
    """
    return (
        DerivedInfo(
            name="machine_free",
            title="Free memory of the machine",
            unit="MiB",
            hypervisor=hypervisor,
            terms=(Term(meter="free", metric="paper_free"),),
            formula="free paper_free",
        ),
        DerivedInfo(
            name="machine_available",
            title="Available memory of the machine",
            unit="MiB",
            hypervisor=hypervisor,
            terms=(Term(meter="meminfo", metric="MemAvailable"),),
            formula="meminfo MemAvailable",
        ),
        DerivedInfo(
            name="machine_total",
            title="Memory of the machine",
            unit="MiB",
            hypervisor=hypervisor,
            terms=(Term(meter="free", metric="total"),),
            formula="free total",
        ),
    )
