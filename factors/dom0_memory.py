"""Factor `dom0_memory`: what memory the privileged domain has, where the lab host's own kernel runs in one.

The domain has a fixed amount (`lab_host.dom0_memory_mib`), or it starts with all memory and gives each guest a part.
The hypervisor's plug-in makes the boot argument and says how it is read back.
"""

from typing import Literal

from dataset.descriptors import HypervisorInfo
from factors.base import Factor


def _needs_domain(hypervisor: HypervisorInfo) -> str:
    return "" if hypervisor.host_memory == "host" else "has no dom0"


FACTOR = Factor[str](
    name="dom0_memory",
    title="Memory of dom0",
    type=Literal["fixed", "ballooned"],
    default="fixed",
    order=40,
    needs=_needs_domain,
)
