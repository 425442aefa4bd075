"""The nested lab host's image: all three hypervisors in one system, as on the server of the 2011 study."""

import gzip
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.console import step
from core.errors import HvlabError
from lab.images.cache import cached, manifest
from lab.images.disk import GIB, Partition, write_disk
from lab.images.initrd import build_initrd
from lab.images.kernel import extract_vmlinux
from lab.images.rootfs import Recipe, install_files, kernel_release, make_root, package_versions, slim

FILES = Path(__file__).parent / "host_files"

# VirtualBox is only in Debian sid's contrib; Xen, KVM and libvirt are taken from the same release. The packages'
# versions move with it and are recorded.
HYPERVISORS = (
    "xen-hypervisor-4.20-amd64", "xen-utils-4.20", "xenstore-utils",
    "qemu-system-x86", "qemu-utils", "libvirt-daemon-system", "libvirt-clients",
    "libvirt-daemon-driver-qemu", "libvirt-daemon-driver-xen",
    "virtualbox", "virtualbox-dkms",
    # The screen of Xen's paravirtual guests: a device model in dom0 serves it.
    "qemu-system-xen",
)  # fmt: skip
# The lab host's X session and the hypervisors' managers. python3-xlib is the kit's, which looks at their windows.
DESKTOP = ("xvfb", "blackbox", "xterm", "virt-manager", "virtualbox-qt", "python3-xlib")
RECIPE = Recipe(
    suite="sid",
    components=("main", "contrib"),
    packages=(
        *HYPERVISORS, *DESKTOP, "linux-image-amd64", "linux-headers-amd64", "dkms",
        "openssh-server", "sysstat", "procps", "dbus", "dnsmasq-base", "iptables", "nftables", "iproute2", "kmod",
        "busybox-static", "e2fsprogs", "netcat-openbsd", "dmidecode", "pciutils", "initramfs-tools",
    ),
)  # fmt: skip
MODULES = ("virtio_pci", "virtio_blk", "ext4")

# Table 2 of the study: GiB and purpose of each partition.
PARTITIONS = (
    ("/", 15, "host operating system"),
    ("swap", 4, "host swap"),
    ("/xen", 90, "Xen image files"),
    ("/kvm", 90, "KVM image files"),
    ("/vbox", 90, "VirtualBox image files"),
)


@dataclass(frozen=True)
class HostImage:
    """Files that start a nested lab host.

    Attributes:
        disk: Raw disk with the partitions of the study; never written to, an overlay is.
        kernel: Packaged kernel (compressed), for the plain boot.
        vmlinux: The same kernel unpacked, for Xen's dom0.
        initrd: Initial RAM disk.
        xen: Xen itself, unpacked.
        busybox: A static busybox, for probing.
        versions: Package name to version.
    """

    disk: Path
    kernel: Path
    vmlinux: Path
    initrd: Path
    xen: Path
    busybox: Path
    versions: dict[str, str]


def _configure(root: Path) -> None:
    """Set up the installed system: our start script as its init, libvirt as root, what emulation asks for."""
    install_files(
        FILES,
        root,
        [
            ("rc", "/usr/lib/hvlab/rc", 0o755),
            ("inittab", "/etc/inittab", 0o644),
            ("sshd.conf", "/etc/ssh/sshd_config.d/hvlab.conf", 0o644),
            ("qemu.conf", "/etc/libvirt/qemu.conf", 0o600),
        ],
    )
    for folder in ("xen", "kvm", "vbox", "boxes"):
        (root / folder).mkdir()
    init = root / "sbin" / "init"
    init.unlink(missing_ok=True)
    init.symlink_to("/bin/busybox")
    (root / "etc/hostname").write_text("labhost\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost labhost\n")
    # Every CPU model that libvirt knows asks for VME, which QEMU's software emulation lacks; its Xen driver then gives
    # up. Nothing in the lab uses VME, so the oldest model goes without.
    oldest = root / "usr/share/libvirt/cpu_map/x86_486.xml"
    oldest.write_text("".join(line for line in oldest.read_text().splitlines(True) if "'vme'" not in line))
    _without_dom0_qemu(root / "etc/init.d/xen")
    slim(root)


def _without_dom0_qemu(script: Path) -> None:
    """Let Xen's start script leave out dom0's own QEMU: it serves disks of kinds that the lab's guests do not have.

    Raises:
        HvlabError: If the script is another than it was.
    """
    text, start = script.read_text(), "\tqemu_start\n"
    if start not in text:
        raise HvlabError(f"{script.name}: no line 'qemu_start'", "Debian's package xen-utils-common has changed")
    script.write_text(text.replace(start, "", 1))


def _partitions(root: Path) -> list[Partition]:
    made = []
    for mount, gib, _ in PARTITIONS:
        label = mount.strip("/") or "root"
        content = root if mount == "/" else None
        kind = {"/": "root", "swap": "swap"}.get(mount, "images")
        made.append(Partition(label, gib * GIB, kind, content))  # type: ignore[arg-type]
    return made


def _build(folder: Path) -> dict[str, object]:
    root = folder / "root"
    log = folder / "build.log"
    with step("Lab host image: installing Debian sid with Xen, KVM and VirtualBox"):
        make_root(RECIPE, root, log)
    release = kernel_release(root)
    with step("Lab host image: kernel, initial RAM disk and disk"):
        _configure(root)
        shutil.copyfile(root / "boot" / f"vmlinuz-{release}", folder / "vmlinuz")
        extract_vmlinux(folder / "vmlinuz", folder / "vmlinux")
        shutil.copy2(root / "bin" / "busybox", folder / "busybox")
        (packed,) = (root / "boot").glob("xen-*.gz")
        (folder / "xen").write_bytes(gzip.decompress(packed.read_bytes()))
        build_initrd(root, release, MODULES, folder / "initrd")
        write_disk(folder / "disk.raw", "gpt", _partitions(root))
    versions = package_versions(root, [*RECIPE.packages, "libvirt0"])
    shutil.rmtree(root)
    return {"versions": versions, "kernel": release}


def host_image() -> HostImage:
    """Return the lab host's image, building it (minutes) if it is not in the cache.

    Raises:
        HvlabError: If it cannot be built.
    """
    here = Path(__file__).parent
    inputs: dict[str, str | Path] = {"recipe": repr(RECIPE), "partitions": repr(PARTITIONS), "files": FILES}
    inputs |= {name: here / name for name in ("host.py", "disk.py", "initrd.py", "kernel.py", "rootfs.py")}
    folder = cached("host", inputs, _build)
    versions = manifest(folder)["versions"]
    assert isinstance(versions, dict)
    disk, kernel, vmlinux, initrd, xen, busybox = (
        folder / name for name in ("disk.raw", "vmlinuz", "vmlinux", "initrd", "xen", "busybox")
    )
    return HostImage(disk, kernel, vmlinux, initrd, xen, busybox, versions)
