"""Xen: a hypervisor of its own below Linux; guests are paravirtual, as in the 2011 study."""

from hypervisors.base import Hypervisor, Manager
from hypervisors.xen.factors import DISKS, DOM0_MEMORY
from hypervisors.xen.traits import TRAITS

HYPERVISOR = Hypervisor(
    name="xen",
    title="Xen",
    vagrant="xen",
    box="xen",
    boots_xen=True,
    folder="/xen",
    running_command="virsh -c xen:///system list --name",
    manager=Manager(
        "virt-manager", "Virtual Machine Manager", ("virt-manager", "--no-fork", "--connect", "xen:///system")
    ),
    # libvirt's Xen driver takes no pictures; the device model that serves the framebuffer does.
    screenshot_command='xl qemu-monitor-command "$guest" "screendump $picture"',
    ended_command='virsh -c xen:///system domstate "$guest" --reason; xl dmesg | tail -n 1',
    console_command='cat "/var/log/xen/console/guest-$guest.log"',
    attach_command='xl console "$guest"',
    # The second is RHEL 5's.
    lines=("hvc0", "xvc0"),
    disk_strategies={
        "full-copy": "full copy (sparse raw file)",
        "linked-clone": "linked clone (device mapper's snapshot of a copy of the box's disk)",
        "preallocated": "preallocated (raw file, all blocks reserved)",
    },
    traits=TRAITS,
    without={
        "ksm": "keeps its guests' memory out of dom0's reach",
        "thp": "runs a paravirtual dom0, which has no huge pages",
    },
    factor_readings={"dom0_memory": DOM0_MEMORY, "disk_strategy": DISKS},
    version_commands={
        "xen": "xl info | sed -n 's/^xen_version *: //p'",
        "libvirt": "virsh --version",
    },
)
