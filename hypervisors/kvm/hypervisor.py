"""KVM: Linux's own hypervisor, with QEMU and libvirt."""

from hypervisors import qemu_img
from hypervisors.base import Hypervisor, Manager
from hypervisors.kvm.traits import TRAITS

HYPERVISOR = Hypervisor(
    name="kvm",
    title="KVM",
    vagrant="libvirt",
    box="libvirt",
    boots_xen=False,
    folder="/kvm",
    running_command="virsh -c qemu:///system list --name",
    manager=Manager(
        "virt-manager", "Virtual Machine Manager", ("virt-manager", "--no-fork", "--connect", "qemu:///system")
    ),
    screenshot_command='virsh -c qemu:///system screenshot "$guest" "$picture"',
    ended_command='virsh -c qemu:///system domstate "$guest" --reason; tail -n 2 "/var/log/libvirt/qemu/$guest.log"',
    console_command='cat "/var/log/libvirt/qemu/$guest-console.log"',
    attach_command='virsh -c qemu:///system console "$guest"',
    lines=("ttyS0",),
    disk_strategies={
        "full-copy": "full copy (qcow2)",
        "linked-clone": "linked clone (qcow2 overlay on a copy of the box's disk)",
        "preallocated": "preallocated (qcow2, all blocks reserved)",
    },
    traits=TRAITS,
    factor_readings={"disk_strategy": qemu_img.READING},
    version_commands={
        "qemu": "qemu-system-x86_64 --version | head -n 1",
        "libvirt": "virsh --version",
    },
)
