"""What a reader of a study must know of it: the host's kernel has a part of the memory."""

from dataset.descriptors import DerivedInfo, Term
from hypervisors.traits import Traits

TRAITS = Traits(
    colour="#CC79A7",
    host_name="parent",
    host_memory="host",
    derived=(
        DerivedInfo(
            name="machine_free",
            title="Free memory of the machine",
            unit="MiB",
            hypervisor="pretend",
            terms=(Term(meter="free", metric="paper_free"), Term(meter="pretend-stat", metric="free")),
            formula="free paper_free + pretend-stat free",
        ),
        DerivedInfo(
            name="machine_total",
            title="Memory of the machine",
            unit="MiB",
            hypervisor="pretend",
            terms=(Term(meter="pretend-stat", metric="total"),),
            formula="pretend-stat total",
        ),
    ),
)
