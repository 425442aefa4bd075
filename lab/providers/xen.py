"""Xen: a hypervisor of its own below Linux; guests are paravirtual, as in the 2011 study."""

from lab.providers.base import Provider

PROVIDER = Provider(
    name="xen",
    title="Xen",
    vagrant="xen",
    box="xen",
    boots_xen=True,
    folder="/xen",
    disk_strategy="full copy (sparse raw file)",
    version_commands={
        "xen": "xl info | sed -n 's/^xen_version *: //p'",
        "libvirt": "virsh --version",
    },
)
