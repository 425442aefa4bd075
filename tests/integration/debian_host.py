"""The disk of a machine for --host=local: Debian 12 with Xen, KVM, what hvlab's commands install, its environment."""

import shutil
import sys
from pathlib import Path

from core.console import step
from core.paths import PROJECT
from core.process import run
from hypervisors.boot import BootFiles
from hypervisors.registry import all_hypervisors
from hypervisors.xen.boot import XEN
from hypervisors.xen.host_image import SOFTWARE
from lab import packages
from lab.images import host
from lab.images.cache import cached
from lab.images.disk import write_disk
from lab.images.host import HostImage
from lab.images.initrd import build_initrd
from lab.images.kernel import extract_vmlinux
from lab.images.rootfs import Recipe, kernel_release, make_root

# As sid's on the nested lab host; VirtualBox is not in Debian 12.
HYPERVISORS = (
    "xen-hypervisor-4.17-amd64", "xen-utils-4.17", "xenstore-utils", "qemu-system-xen",
    "libvirt-daemon-system", "libvirt-daemon-driver-qemu", "libvirt-daemon-driver-xen",
)  # fmt: skip
RECIPE = Recipe(
    suite="bookworm",
    components=("main",),
    packages=(
        *HYPERVISORS, *packages.lab_packages(), "python3", "python3-venv", "linux-image-amd64", "openssh-server",
        "sysstat", "procps", "dbus", "dnsmasq-base", "iptables", "nftables", "iproute2", "kmod", "busybox-static",
        "netcat-openbsd", "dmidecode", "pciutils", "initramfs-tools",
    ),
)  # fmt: skip
# Where hvlab lies in it.
PLACE = Path("/root/hvlab")


def _set_up(root: Path) -> None:
    """Let `./invoke` make its environment in the machine's root, from packages that are got here."""
    wheels = root / "wheels"
    get = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", f"--dest={wheels}"]
    what = "getting the packages of requirements.txt"
    run([*get, "--require-hashes", f"--requirement={PROJECT}/requirements.txt"], what=what)
    # pykickstart comes as source only; pip builds it with this.
    run([*get, "setuptools"], what=what)
    inside = root / PLACE.relative_to("/")
    inside.mkdir(parents=True)
    for name in ("invoke", "requirements.txt"):
        shutil.copy2(PROJECT / name, inside / name)
    path = "/usr/sbin:/usr/bin:/sbin:/bin"
    environ = {"PATH": path, "HOME": "/root", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/wheels"}
    run(["chroot", root, PLACE / "invoke", "--version"], what="making hvlab's environment", env=environ)
    shutil.rmtree(wheels)


def _build(folder: Path) -> dict[str, object]:
    root = folder / "root"
    with step("Machine for --host=local: installing Debian 12 with Xen, KVM and Vagrant"):
        make_root(RECIPE, root, folder / "build.log")
    with step("Machine for --host=local: hvlab's environment, kernel and disk"):
        _set_up(root)
        host._configure(root, list(all_hypervisors().values()))
        release = kernel_release(root)
        shutil.copyfile(root / "boot" / f"vmlinuz-{release}", folder / "vmlinuz")
        extract_vmlinux(folder / "vmlinuz", folder / "vmlinux")
        shutil.copy2(root / "bin" / "busybox", folder / "busybox")
        (folder / XEN).write_bytes(SOFTWARE.boot_files(root)[XEN])
        build_initrd(root, release, host.MODULES, folder / "initrd")
        write_disk(folder / "disk.raw", "gpt", host._partitions(root))
    shutil.rmtree(root)
    return {"kernel": release}


def image() -> HostImage:
    """Return the machine's disk and kernels, building them (minutes) if they are not in the cache."""
    images = PROJECT / "lab/images"
    inputs: dict[str, str | Path] = {"recipe": repr(RECIPE), "files": host.FILES, "code": Path(__file__)}
    inputs |= {name: PROJECT / name for name in ("invoke", "requirements.txt")}
    inputs |= {name: images / name for name in ("host.py", "disk.py", "initrd.py", "kernel.py", "roots.py")}
    folder = cached("local-machine", inputs, _build)
    boot = BootFiles(folder / "vmlinuz", folder / "vmlinux", folder / "initrd", {XEN: folder / XEN})
    return HostImage(folder / "disk.raw", boot, folder / "busybox", {})
