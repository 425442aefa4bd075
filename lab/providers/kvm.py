"""KVM: Linux's own hypervisor, with QEMU and libvirt."""

from lab.providers.base import Provider

PROVIDER = Provider(
    name="kvm",
    title="KVM",
    vagrant="libvirt",
    box="libvirt",
    boots_xen=False,
    folder="/kvm",
    running_command="virsh -c qemu:///system list --name",
    screenshot_command='virsh -c qemu:///system screenshot "$guest" "$picture"',
    disk_strategy="linked clone (qcow2 overlay on the box's disk)",
    version_commands={
        "qemu": "qemu-system-x86_64 --version | head -n 1",
        "libvirt": "virsh --version",
    },
)
