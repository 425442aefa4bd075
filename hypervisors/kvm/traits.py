"""What a reader of a study must know of KVM."""

from hypervisors.traits import Traits, memory_of_the_kernel

TRAITS = Traits(
    colour="#E69F00",
    derived=memory_of_the_kernel("kvm"),
)
