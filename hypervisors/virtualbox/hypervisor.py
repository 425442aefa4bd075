"""VirtualBox: a hypervisor in a kernel module of its own, with Oracle's manager."""

from pathlib import Path

from hypervisors.base import Hypervisor, Manager
from hypervisors.boot import PlainKernel
from hypervisors.processes import ProcessPatterns
from hypervisors.virtualbox import doctor
from hypervisors.virtualbox.box import BOX
from hypervisors.virtualbox.calibration import CALIBRATION
from hypervisors.virtualbox.disks import READING
from hypervisors.virtualbox.guest_list import GUEST_LIST
from hypervisors.virtualbox.host_image import SOFTWARE
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
    order=30,
    words=("virtualbox", "vbox\\w*"),
    log_words=("vbox",),
    vagrant="virtualbox",
    box=BOX,
    boot=PlainKernel(),
    software=SOFTWARE,
    folder="/vbox",
    # Behind the NAT of its network card.
    endpoint="forward",
    prepare=(Path(__file__).with_name("prepare.sh"),),
    processes=ProcessPatterns(
        guest=("VBoxHeadless", "VirtualBoxVM"),
        daemon=("VBoxSVC", "VBoxXPCOMIPCD", "VBoxNetDHCP", "VBoxNetNAT"),
        manager=("VirtualBox",),
        # Its server has the environment of whoever needed it first, and so have all machines that it starts after
        # that, other people's, too. The server ends with its last client.
        shared=("VBoxSVC", "VBoxXPCOMIPCD", "VBoxHeadless", "VBoxNet", "VirtualBoxVM"),
    ),
    guest_list=GUEST_LIST,
    # A pipe would have the status of its last program, also where VirtualBox does not answer.
    running_command="{ said=$(VBoxManage list runningvms) && printf '%s\\n' \"$said\" | cut -d '\"' -f 2; }",
    manager=Manager("VirtualBox's manager", "VirtualBox Manager", ("VirtualBox",), prepare=_NO_QUESTIONS),
    screenshot_command='VBoxManage controlvm "$guest" screenshotpng "$picture"',
    ended_command='VBoxManage showvminfo "$guest" --machinereadable | grep ^VMState=;'
    ' grep -hE "Guru Meditation|Giving up catch-up|Guest OS reports|Fatal" "/vbox/$guest/Logs/VBox.log" | tail -n 2',
    # Under software emulation a guest may hang in its BIOS: its clock falls a minute behind, which VirtualBox logs.
    # Each start begins a new log.
    lost_command='grep -hE "Guru Meditation|Giving up catch-up attempt" "/vbox/$guest/Logs/VBox.log" 2>/dev/null'
    " | head -n 1",
    # Its guests have no serial line (under emulation each character would stop a guest for a while): what VirtualBox
    # itself notes of the guest.
    console_command='cat "/vbox/$guest/Logs/VBox.log"',
    start_command='VBoxManage startvm "$guest" --type headless',
    power_off_command='VBoxManage controlvm "$guest" poweroff',
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
    # Its warnings come first.
    version_commands={"virtualbox": "VBoxManage --version | tail -n 1"},
    calibration=CALIBRATION,
    # Its guests loop for ever under nested paging where the lab host has page tables of five levels.
    cpu_without=("la57",),
    doctor=(doctor.CHECK,),
)
