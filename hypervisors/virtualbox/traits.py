"""What a reader of a study must know of VirtualBox."""

from hypervisors.traits import Traits, memory_of_the_kernel

TRAITS = Traits(
    colour="#009E73",
    derived=memory_of_the_kernel("virtualbox"),
)
