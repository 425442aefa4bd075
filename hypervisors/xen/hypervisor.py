"""Xen: a hypervisor of its own below Linux; guests are paravirtual, as in the 2011 study."""

import re
from pathlib import Path

from hypervisors.base import Hypervisor, MachineMemory
from hypervisors.calibration import Calibration, GuestCpuMeter, Probe
from hypervisors.common import libvirt, libvirt_check
from hypervisors.evidence import Evidence, GuestList
from hypervisors.processes import ProcessPatterns
from hypervisors.xen import doctor
from hypervisors.xen.boot import XenBoot
from hypervisors.xen.box import BOX
from hypervisors.xen.factors import DISKS, DOM0_MEMORY
from hypervisors.xen.host_image import SOFTWARE
from hypervisors.xen.parameters import XenParameters
from hypervisors.xen.traits import TRAITS
from hypervisors.xen.xl_list import HOST_DOMAIN

_URI = "xen:///system"
_VIRSH = f"virsh -c {_URI}"


def _machine_memory(text: str) -> tuple[int | None, int | None]:
    """Read `total_memory` and `free_memory` of `xl info`, MiB."""
    fields = dict(re.findall(r"^(total|free)_memory\s*:\s*(\d+)", text, re.MULTILINE))
    total, free = (int(fields[name]) if name in fields else None for name in ("total", "free"))
    return total, free


def _running_guests(text: str) -> list[str]:
    """Read `virsh list`, without the domain that is the host itself."""
    return [name for name in libvirt.running_guests(text) if name != HOST_DOMAIN]


HYPERVISOR = Hypervisor(
    name="xen",
    title="Xen",
    order=10,
    words=("xen", "dom0", "domU", "xl", "xm", "xentop", "xenstored?", "libxl"),
    log_words=("xen",),
    vagrant="xen",
    box=BOX,
    boot=XenBoot(),
    software=SOFTWARE,
    folder="/xen",
    prepare=(Path(__file__).with_name("prepare.sh"),),
    processes=ProcessPatterns(
        guest=("xen-qemu-system", "qemu-system-*", "qemu-dm", "xl"),
        daemon=("oxenstored", "xenstored", "xenconsoled", *libvirt.DAEMONS),
        manager=libvirt.MANAGER_PROCESSES,
        # The QEMU that is the disk backend of dom0 itself.
        daemon_arguments=("-xen-domid 0 ",),
    ),
    guest_list=GuestList("virsh-xen-list", f"LC_ALL=C {_VIRSH} list", _running_guests),
    evidence=(Evidence("xl-dmesg", "xl dmesg | head -n 60"),),
    running_command=f"{_VIRSH} list --name",
    manager=libvirt.manager(_URI),
    # libvirt's Xen driver takes no pictures; the device model that serves the framebuffer does.
    screenshot_command='xl qemu-monitor-command "$guest" "screendump $picture"',
    ended_command=f'{_VIRSH} domstate "$guest" --reason; xl dmesg | tail -n 1',
    # Its sixth column is the time: name, number, virtual CPU, CPU, state, seconds, affinity.
    vital_command='xl vcpu-list "$guest" | awk \'NR > 1 { print "cpu=" $6 }\';'
    ' stat -c console=%s "/var/log/xen/console/guest-$guest.log"',
    console_command='cat "/var/log/xen/console/guest-$guest.log"',
    start_command=f'{_VIRSH} start "$guest"',
    power_off_command=f'{_VIRSH} destroy "$guest"',
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
    # A paravirtual guest has all its memory from its start, from the hypervisor and not from dom0.
    calibration=Calibration(
        guest_memory="hidden",
        probes=(Probe("xl-info", "free_memory", -1),),
        guest_cpu="steal",
        # The window is long, so that the part of a load's slice at each of its ends counts little; xentop prints
        # tenths of a percent.
        guest_cpu_meter=GuestCpuMeter("xentop", "cpu:{guest}", 0.05, 20, {"xentop_delay_s": 20}),
    ),
    doctor=(doctor.CHECK, libvirt_check.CHECK),
    needs_hardware=False,
    machine_memory=MachineMemory(
        "[ -d /proc/xen ] && { xl info || xm info; } 2>/dev/null | grep -E '^(total|free)_memory'", _machine_memory
    ),
    guest_packages=("kernel-xen",),
    guest_drivers=("xen_blkfront",),
    controller=libvirt.CONTROLLER,
    parameters=XenParameters,
)
