"""How the lab host is started into Xen, with Linux as its dom0."""

from dataclasses import dataclass

from hypervisors.boot import BootFiles, BootOptions
from hypervisors.xen.parameters import XenParameters

# A guest of Xen has /proc/xen, too, but may not start others. Not all kernels of EL5 have /sys/hypervisor; newer ones
# have no /proc/xen/capabilities where xenfs is not mounted. Bit 11 is XENFEAT_dom0 (Xen's public/features.h).
DETECT = """\
if [ -r /proc/xen/capabilities ]; then grep -q control_d /proc/xen/capabilities
elif [ -r /sys/hypervisor/properties/features ]; then
    [ $((0x$(cat /sys/hypervisor/properties/features) >> 11 & 1)) = 1 ]
elif [ "$(cat /sys/hypervisor/type 2>/dev/null)" = xen ]; then
    echo "it runs under Xen, and has no /proc/xen/capabilities (mount -t xenfs xenfs /proc/xen)"
    exit 2
else false; fi"""
# In the image's boot files.
XEN = "xen"


@dataclass(frozen=True)
class XenBoot:
    """Xen below Linux; dom0 has a fixed part of the memory, or all of it at first (`factors.dom0_memory`)."""

    console: str = "hvc0"
    fatal: tuple[str, ...] = ("Panic on CPU",)
    detect: str = DETECT
    entry: str = "xen"
    reference_s: float = 60

    def arguments(self, files: BootFiles, line: str, options: BootOptions) -> list[str]:
        """Return QEMU's arguments: Xen is the kernel, Linux and its RAM disk are Xen's modules (multiboot)."""
        words = "console=com1 com1=115200,8n1"
        # Without the option dom0 has all memory, and libxl's autoballooning (libvirt's too) is on.
        if options.factors.get("dom0_memory") != "ballooned":
            memory = XenParameters.model_validate(options.parameters).dom0_memory_mib
            words += f" dom0_mem={memory}M,max:{memory}M"
        modules = f"{files.vmlinux} {line},{files.initrd}"
        return ["-kernel", str(files.own[XEN]), "-append", words, "-initrd", modules]
