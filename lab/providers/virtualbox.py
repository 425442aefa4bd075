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
    disk_strategy="full copy (VMDK made by import)",
    version_commands={"virtualbox": "VBoxManage --version"},
)
