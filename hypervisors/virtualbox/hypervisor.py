"""VirtualBox: a hypervisor in a kernel module of its own, with Oracle's manager."""

from hypervisors.base import Hypervisor, Manager
from hypervisors.virtualbox.disks import READING
from hypervisors.virtualbox.traits import TRAITS

# No look for updates, no choice between its modes, and no messages over the window (the lab host has no USB, which the
# manager would say at its start); it begins with the list of machines.
_NO_QUESTIONS = """\
VBoxManage setextradata global GUI/UpdateDate never
VBoxManage setextradata global GUI/SuppressMessages all
VBoxManage setextradata global GUI/Settings/ExpertMode false
VBoxManage setextradata global GUI/Tools/LastItemsSelected Machines,Details
"""

HYPERVISOR = Hypervisor(
    name="virtualbox",
    title="VirtualBox",
    vagrant="virtualbox",
    box="virtualbox",
    boots_xen=False,
    folder="/vbox",
    running_command="VBoxManage list runningvms | cut -d '\"' -f 2",
    manager=Manager("VirtualBox's manager", "VirtualBox Manager", ("VirtualBox",), prepare=_NO_QUESTIONS),
    screenshot_command='VBoxManage controlvm "$guest" screenshotpng "$picture"',
    ended_command='VBoxManage showvminfo "$guest" --machinereadable | grep ^VMState=;'
    ' grep -hE "Guru Meditation|Guest OS reports|Fatal" "/vbox/$guest/Logs/VBox.log" | tail -n 2',
    # Its guests have no serial line (under emulation each character would stop a guest for a while): what VirtualBox
    # itself notes of the guest.
    console_command='cat "/vbox/$guest/Logs/VBox.log"',
    attach_command="",
    disk_strategies={
        "full-copy": "full copy (VMDK made by import)",
        "linked-clone": "linked clone (differencing VMDK on an imported machine's disk)",
        "preallocated": "preallocated (fixed VDI)",
    },
    traits=TRAITS,
    without={
        "ksm": "keeps its guests' memory in a kernel module, where KSM does not look",
    },
    factor_readings={"disk_strategy": READING},
    version_commands={"virtualbox": "VBoxManage --version"},
)
