"""Xen's part of the lab host's image."""

import gzip
from collections.abc import Mapping
from pathlib import Path

from core.errors import HvlabError
from hypervisors.common import libvirt
from hypervisors.host_image import HostSoftware
from hypervisors.xen.boot import XEN

_HERE = Path(__file__).parent


def configure(root: Path) -> None:
    """Change what emulation and the lab's guests ask for.

    Raises:
        HvlabError: Xen's start script is not as expected.
    """
    # Every CPU model that libvirt knows asks for VME, which QEMU's software emulation lacks; its Xen driver then gives
    # up. Nothing in the lab uses VME, so the oldest model goes without.
    oldest = root / "usr/share/libvirt/cpu_map/x86_486.xml"
    oldest.write_text("".join(line for line in oldest.read_text().splitlines(True) if "'vme'" not in line))
    without_dom0_qemu(root / "etc/init.d/xen")


def without_dom0_qemu(script: Path) -> None:
    """Let Xen's start script leave out dom0's own QEMU: it serves disks of kinds that the lab's guests do not have.

    Raises:
        HvlabError: The script is not as expected.
    """
    text, start = script.read_text(), "\tqemu_start\n"
    if start not in text:
        raise HvlabError(f"{script.name}: no line 'qemu_start'", "Debian's package xen-utils-common has changed")
    script.write_text(text.replace(start, "", 1))


def boot_files(root: Path) -> Mapping[str, bytes]:
    """Return Xen itself, unpacked."""
    (packed,) = (root / "boot").glob("xen-*.gz")
    return {XEN: gzip.decompress(packed.read_bytes())}


SOFTWARE = HostSoftware(
    packages=(
        "xenstore-utils",
        "libvirt-daemon-driver-xen",
        # The screen of Xen's paravirtual guests: a device model in dom0 serves it.
        "qemu-system-xen",
        *libvirt.PACKAGES,
    ),
    releases={
        "bookworm": ("xen-hypervisor-4.17-amd64", "xen-utils-4.17"),
        "trixie": ("xen-hypervisor-4.20-amd64", "xen-utils-4.20"),
        "sid": ("xen-hypervisor-4.20-amd64", "xen-utils-4.20"),
    },
    start=(libvirt.START, _HERE / "start.sh"),
    recorded=libvirt.RECORDED,
    configure=configure,
    boot_files=boot_files,
    code=(Path(__file__), _HERE / "boot.py"),
)
