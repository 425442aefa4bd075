"""Factor `dom0_memory`: what memory dom0 has, where the lab host's own kernel runs in one.

dom0 has a fixed amount (`hypervisors.xen.dom0_memory_mib`), or it starts with all memory and gives each guest a part.
`hypervisors.xen.boot` makes the boot argument, `hypervisors.xen.factors` reads it back.
"""

from typing import Literal

from dataset.descriptors import HypervisorInfo
from factors.base import Factor


def _needs_domain(hypervisor: HypervisorInfo) -> str:
    return "" if hypervisor.name == "xen" else "has no dom0"


FACTOR = Factor[str](
    name="dom0_memory",
    title="Memory of dom0",
    type=Literal["fixed", "ballooned"],
    default="fixed",
    order=40,
    needs=_needs_domain,
)
