"""What a reader of a study must know of Xen: the host's kernel, in dom0, sees only what the hypervisor leaves to it."""

from dataset.descriptors import DerivedInfo, Term
from hypervisors.traits import Traits

_FREE_OF_XEN = Term(meter="xl-info", metric="free_memory")

_DERIVED = (
    DerivedInfo(
        name="machine_free",
        title="Free memory of the machine",
        unit="MiB",
        hypervisor="xen",
        terms=(Term(meter="free", metric="paper_free"), _FREE_OF_XEN),
        formula="free paper_free + xl-info free_memory",
    ),
    DerivedInfo(
        name="machine_available",
        title="Available memory of the machine",
        unit="MiB",
        hypervisor="xen",
        terms=(Term(meter="meminfo", metric="MemAvailable"), _FREE_OF_XEN),
        formula="meminfo MemAvailable + xl-info free_memory",
    ),
    DerivedInfo(
        name="machine_total",
        title="Memory of the machine",
        unit="MiB",
        hypervisor="xen",
        terms=(Term(meter="xl-info", metric="total_memory"),),
        formula="xl-info total_memory",
    ),
    DerivedInfo(
        name="hypervisor_free",
        title="Free memory of the hypervisor",
        unit="MiB",
        hypervisor="xen",
        terms=(_FREE_OF_XEN,),
        formula="xl-info free_memory",
    ),
    DerivedInfo(
        name="host_memory",
        title="Memory of dom0",
        unit="MiB",
        hypervisor="xen",
        terms=(Term(meter="factors", metric="dom0_current"),),
        formula="factors dom0_current",
    ),
    DerivedInfo(
        name="guest_memory",
        title="Memory of the guests' domains",
        unit="MiB",
        hypervisor="xen",
        terms=(Term(meter="xl-list", metric="mem:*", but=("mem:Domain-0",)),),
        formula="sum of xl-list mem, all domains but Domain-0",
    ),
    DerivedInfo(
        name="guest_cpu",
        title="CPU time of the guests, of one CPU",
        unit="percent",
        hypervisor="xen",
        terms=(Term(meter="xentop", metric="cpu:*", but=("cpu:Domain-0",)),),
        formula="sum of xentop cpu, all domains but Domain-0",
    ),
)

TRAITS = Traits(
    colour="#0072B2",
    derived=_DERIVED,
    host_name="dom0",
    host_memory="host",
    host_cpu="host",
    guest_memory="at-start",
)
