"""VirtualBox: a hypervisor in a kernel module of its own, with Oracle's manager."""

from lab.providers.base import Provider

PROVIDER = Provider(
    name="virtualbox",
    title="VirtualBox",
    vagrant="virtualbox",
    box="virtualbox",
    boots_xen=False,
    folder="/vbox",
    running_command="VBoxManage list runningvms | cut -d '\"' -f 2",
    screenshot_command='VBoxManage controlvm "$guest" screenshotpng "$picture"',
    ended_command='VBoxManage showvminfo "$guest" --machinereadable | grep ^VMState=;'
    ' grep -hE "Guru Meditation|Guest OS reports|Fatal" "/vbox/$guest/Logs/VBox.log" | tail -n 2',
    disk_strategies={
        "full-copy": "full copy (VMDK made by import)",
        "linked-clone": "linked clone (differencing VMDK on an imported machine's disk)",
        "preallocated": "preallocated (fixed VDI)",
    },
    without={
        "dom0_memory": "has no dom0",
        "ksm": "keeps its guests' memory in a kernel module, where KSM does not look",
    },
    version_commands={"virtualbox": "VBoxManage --version"},
)
