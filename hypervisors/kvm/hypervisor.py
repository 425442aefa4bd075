"""KVM: Linux's own hypervisor, with QEMU and libvirt."""

from hypervisors.base import ControllerNeeds, Hypervisor
from hypervisors.boot import PlainKernel
from hypervisors.calibration import Calibration, Load, Shell
from hypervisors.common import libvirt, libvirt_check, qemu_img
from hypervisors.evidence import GuestList
from hypervisors.kvm.box import BOX
from hypervisors.kvm.host_image import SOFTWARE
from hypervisors.kvm.traits import TRAITS
from hypervisors.processes import ProcessPatterns

_URI = "qemu:///system"
_VIRSH = f"virsh -c {_URI}"


def _align(host: Shell, load: Load, guest: str) -> None:
    """Use the guest's own page numbers: QEMU's block of memory begins on a huge page of the host."""
    del host, guest
    load.align()


HYPERVISOR = Hypervisor(
    name="kvm",
    title="KVM",
    order=20,
    words=("kvm", "qemu-kvm", *libvirt.WORDS, "vagrant-libvirt"),
    log_words=("kvm",),
    vagrant="libvirt",
    box=BOX,
    boot=PlainKernel(),
    software=SOFTWARE,
    folder="/kvm",
    processes=ProcessPatterns(
        guest=("qemu-system-*", "qemu-kvm", "virtiofsd"), daemon=libvirt.DAEMONS, manager=libvirt.MANAGER_PROCESSES
    ),
    guest_list=GuestList("virsh-list", f"LC_ALL=C {_VIRSH} list", libvirt.running_guests),
    running_command=f"{_VIRSH} list --name",
    manager=libvirt.manager(_URI),
    screenshot_command=f'{_VIRSH} screenshot "$guest" "$picture"',
    ended_command=f'{_VIRSH} domstate "$guest" --reason; tail -n 2 "/var/log/libvirt/qemu/$guest.log"',
    vital_command=f"{_VIRSH} domstats --vcpu \"$guest\" | sed -n 's/^ *vcpu\\.[0-9]*\\.time=/cpu=/p';"
    ' stat -c console=%s "/var/log/libvirt/qemu/$guest-console.log"',
    console_command='cat "/var/log/libvirt/qemu/$guest-console.log"',
    start_command=f'{_VIRSH} start "$guest"',
    power_off_command=f'{_VIRSH} destroy "$guest"',
    attach_command=f'{_VIRSH} console "$guest"',
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
    # With huge pages a guest's kernel that reaches into a new piece of 2 MiB costs the host all of it: PSS was seen to
    # grow by 66 MiB for 64.
    calibration=Calibration(guest_memory="processes", huge_pages="never", align=_align),
    doctor=(libvirt_check.CHECK,),
    # A guest's kernel tries a performance counter that the virtual processor does not have.
    harmless=(r"kvm \[[0-9]+\]: vcpu[0-9]+, guest rIP: 0x[0-9a-f]+ [Uu]nhandled (WRMSR|RDMSR)",),
    controller=ControllerNeeds(
        packages=("vagrant-libvirt", *libvirt.CONTROLLER.packages), vagrant_plugins=("vagrant-libvirt",)
    ),
)
