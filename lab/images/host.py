"""The nested lab host's image: all hypervisors in one system, as on the server of the 2011 study."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.console import step
from hypervisors.base import Hypervisor
from hypervisors.boot import BootFiles
from hypervisors.host_image import Release
from hypervisors.registry import all_hypervisors
from lab.images.cache import cached, manifest
from lab.images.disk import GIB, Partition, write_disk
from lab.images.initrd import build_initrd
from lab.images.kernel import extract_vmlinux
from lab.images.rootfs import Recipe, install_files, kernel_release, make_root, package_versions, slim

FILES = Path(__file__).parent / "host_files"
# What starts each hypervisor in the image, one program each; and the list of the partitions with guests' images.
START = "usr/lib/hvlab/start"
IMAGE_FOLDERS = "usr/lib/hvlab/image-folders"

# What any hypervisor's host needs. python3-xlib is hvlab's, which looks at the managers' windows; qemu-utils serves
# the meter `image-size`.
BASE = (
    "linux-image-amd64", "openssh-server", "sysstat", "procps", "dbus", "dnsmasq-base", "iptables", "nftables",
    "iproute2", "kmod", "busybox-static", "e2fsprogs", "netcat-openbsd", "dmidecode", "pciutils", "initramfs-tools",
    "qemu-utils", "xvfb", "blackbox", "xterm", "python3-xlib",
)  # fmt: skip
MODULES = ("virtio_pci", "virtio_blk", "ext4")

# GiB of the partition for each hypervisor's images, as in Table 2 of the study.
_IMAGES_GIB = 90


@dataclass(frozen=True)
class Origin:
    """Where the image's packages come from.

    Attributes:
        release: Debian release.
        mirror: Address of a mirror of another day; "": the usual one, as it is today.
    """

    release: Release = "sid"
    mirror: str = ""

    @property
    def hypervisors(self) -> list[Hypervisor]:
        """The hypervisors that the release has packages of."""
        return [each for each in all_hypervisors().values() if self.release in each.software.releases]


DEFAULT = Origin()


def recipe(origin: Origin) -> Recipe:
    """Return what the image is installed from. Releases move on; the packages' versions are recorded."""
    software = [hypervisor.software for hypervisor in origin.hypervisors]
    components = dict.fromkeys(("main", *(name for part in software for name in part.components)))
    packages = dict.fromkeys((*BASE, *(name for part in software for name in part.packages_of(origin.release))))
    return Recipe(suite=origin.release, components=tuple(components), packages=tuple(packages))


def partitions() -> tuple[tuple[str, int, str], ...]:
    """Return mount point, size in GiB and purpose of each partition, in the order of Table 2 of the study.

    They are the same whatever the release has: those of hypervisors that it lacks stay empty.
    """
    images = ((each.folder, _IMAGES_GIB, f"{each.title} image files") for each in all_hypervisors().values())
    return (("/", 15, "host operating system"), ("swap", 4, "host swap"), *images)


@dataclass(frozen=True)
class HostImage:
    """Files that start a nested lab host.

    Attributes:
        disk: Raw disk with the partitions of the study; never written to, an overlay is.
        boot: Linux, unpacked too, its RAM disk, and the hypervisors' own files.
        busybox: A static busybox, for probing.
        versions: Package name to version.
    """

    disk: Path
    boot: BootFiles
    busybox: Path
    versions: dict[str, str]


def _configure(root: Path, found: list[Hypervisor]) -> None:
    """Set up the installed system: hvlab's start script as its init, and what each hypervisor asks for."""
    install_files(
        FILES,
        root,
        [
            ("rc", "/usr/lib/hvlab/rc", 0o755),
            ("inittab", "/etc/inittab", 0o644),
            ("sshd.conf", "/etc/ssh/sshd_config.d/hvlab.conf", 0o644),
        ],
    )
    (root / START).mkdir(parents=True)
    folders = [hypervisor.folder.strip("/") for hypervisor in all_hypervisors().values()]
    (root / IMAGE_FOLDERS).write_text("".join(f"{name}\n" for name in folders))
    for name in (*folders, "boxes"):
        (root / name).mkdir()
    init = root / "sbin" / "init"
    init.unlink(missing_ok=True)
    init.symlink_to("/bin/busybox")
    (root / "etc/hostname").write_text("labhost\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost labhost\n")
    for hypervisor in found:
        (root / START / hypervisor.name).write_text(hypervisor.software.start_program())
        hypervisor.software.configure(root)
    slim(root)


def _partitions(root: Path) -> list[Partition]:
    made = []
    for mount, gib, _ in partitions():
        label = mount.strip("/") or "root"
        content = root if mount == "/" else None
        kind = {"/": "root", "swap": "swap"}.get(mount, "images")
        made.append(Partition(label, gib * GIB, kind, content))  # type: ignore[arg-type]
    return made


def _build(folder: Path, origin: Origin) -> dict[str, object]:
    root = folder / "root"
    log = folder / "build.log"
    found, wanted = origin.hypervisors, recipe(origin)
    with step(f"Lab host image: installing Debian {wanted.suite} with {', '.join(each.title for each in found)}"):
        make_root(wanted, root, log, origin.mirror)
    release = kernel_release(root)
    with step("Lab host image: kernel, initial RAM disk and disk"):
        _configure(root, found)
        shutil.copyfile(root / "boot" / f"vmlinuz-{release}", folder / "vmlinuz")
        extract_vmlinux(folder / "vmlinuz", folder / "vmlinux")
        shutil.copy2(root / "bin" / "busybox", folder / "busybox")
        (folder / "boot").mkdir()
        for hypervisor in found:
            for name, content in hypervisor.software.boot_files(root).items():
                (folder / "boot" / name).write_bytes(content)
        build_initrd(root, release, MODULES, folder / "initrd")
        write_disk(folder / "disk.raw", "gpt", _partitions(root))
    recorded = dict.fromkeys(name for each in found for name in each.software.recorded)
    versions = package_versions(root, [*wanted.packages, *recorded])
    shutil.rmtree(root)
    return {"versions": versions, "kernel": release, "release": origin.release}


def host_inputs(origin: Origin) -> dict[str, str | Path]:
    """Return everything that the image is made from."""
    here = Path(__file__).parent
    inputs: dict[str, str | Path] = {"recipe": repr(recipe(origin)), "partitions": repr(partitions()), "files": FILES}
    inputs |= {"mirror": origin.mirror} if origin.mirror else {}
    inputs |= {name: here / name for name in ("host.py", "disk.py", "initrd.py", "kernel.py", "rootfs.py")}
    for hypervisor in origin.hypervisors:
        name = hypervisor.name
        inputs[f"{name}: start"] = hypervisor.software.start_program()
        inputs |= {f"{name}: {file.name}": file for file in hypervisor.software.code}
    return inputs


def host_image(origin: Origin = DEFAULT) -> HostImage:
    """Return the lab host's image, building it (minutes) if it is not in the cache.

    Args:
        origin: Where its packages come from.

    Raises:
        HvlabError: If it cannot be built.
    """
    folder = cached("host", host_inputs(origin), lambda making: _build(making, origin))
    versions = manifest(folder)["versions"]
    assert isinstance(versions, dict)
    own = {path.name: path for path in sorted((folder / "boot").iterdir())}
    boot = BootFiles(folder / "vmlinuz", folder / "vmlinux", folder / "initrd", own)
    return HostImage(folder / "disk.raw", boot, folder / "busybox", versions)
