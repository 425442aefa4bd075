"""Xen's own parameters: the table [hypervisors.xen] in hvlab.toml."""

from pydantic import Field

from hypervisors.base import Parameters


class XenParameters(Parameters):
    """Xen's own parameters.

    Attributes:
        dom0_memory_mib: dom0's memory where the factor `dom0_memory` is "fixed", MiB.
        xentop_delay_s: Time between xentop's two iterations, seconds.
    """

    dom0_memory_mib: int = Field(1024, ge=512)
    xentop_delay_s: int = Field(5, ge=1)
