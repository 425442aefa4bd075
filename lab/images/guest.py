"""The guest's disk: a root made from the mirror, put on a disk, then started and finished by Packer."""

import gzip
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from lab.accel import probe_accelerator
from lab.cache import cached, manifest
from lab.commands import run
from lab.errors import HvlabError
from lab.images.disk import GIB, MIB, Partition, write_disk
from lab.images.initrd import build_initrd
from lab.images.kernel import extract_vmlinux
from lab.images.roots import (
    LEAN,
    NO_SUCH_HARDWARE,
    Recipe,
    install_files,
    kernel_release,
    make_root,
    package_versions,
    slim,
)
from lab.paths import PROJECT
from lab.progress import step
from lab.settings import TopologySettings

PACKER = PROJECT / "packer"

RECIPES = {
    "debian-12": Recipe(
        suite="bookworm",
        components=("main",),
        packages=(
            "linux-image-amd64", "sysvinit-core", "udev", "kmod", "procps", "iproute2", "netbase", "busybox-static",
            "openssh-server", "sudo", "sysstat", "e2fsprogs", "grub-pc", "acpid", "initramfs-tools",
        ),
        exclude=LEAN + NO_SUCH_HARDWARE,
    ),
}  # fmt: skip
# What reaches the disk under each provider: virtio (KVM), Xen's block device, IDE and SATA (VirtualBox).
MODULES = ("virtio_pci", "virtio_blk", "xen_blkfront", "ata_piix", "ahci", "sd_mod", "ext4")
COMMAND_LINE = "root=LABEL=root rw quiet net.ifnames=0 mitigations=off"


@dataclass(frozen=True)
class GuestImage:
    """A guest's disk and what starts it without a boot loader.

    Attributes:
        disk: qcow2.
        vmlinux: Unpacked kernel.
        initrd: Initial RAM disk.
        version: Hash of all inputs, as a box version's last part.
    """

    disk: Path
    vmlinux: Path
    initrd: Path
    version: str
    versions: dict[str, str]


def vagrant_keys() -> Path:
    """Return the folder of Vagrant's well-known key pair, which boxes are made with."""
    folders = sorted(Path("/usr/share/rubygems-integration/all/gems").glob("vagrant-[0-9]*/keys"))
    folders += sorted(Path("/opt/vagrant/embedded/gems").glob("**/vagrant-[0-9]*/keys"))
    if not folders:
        raise HvlabError("Vagrant's key pair is not there", "apt-get install vagrant")
    return folders[-1]


def _let_in(root: Path) -> None:
    """Make the user `vagrant` (and root), who log in with Vagrant's key, as Vagrant expects of a box."""
    run(
        ["chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", "vagrant"],
        what="making the user vagrant",
    )
    run(["chroot", root, "chpasswd"], what="setting passwords", stdin="vagrant:vagrant\nroot:vagrant\n")
    sudoers = root / "etc/sudoers.d/vagrant"
    sudoers.write_text("vagrant ALL=(ALL) NOPASSWD:ALL\n")
    sudoers.chmod(0o440)
    for home in ("root", "home/vagrant"):
        folder = root / home / ".ssh"
        folder.mkdir(mode=0o700)
        shutil.copyfile(vagrant_keys() / "vagrant.pub", folder / "authorized_keys")
        (folder / "authorized_keys").chmod(0o600)
    run(["chroot", root, "chown", "-R", "vagrant:", "/home/vagrant"], what="giving vagrant its home")


def _configure(root: Path, os_name: str, initrd: Path) -> None:
    install_files(
        PACKER / "files" / os_name,
        root,
        [
            ("rc", "/usr/lib/hvlab/rc", 0o755),
            ("udhcpc", "/usr/lib/hvlab/udhcpc", 0o755),
            ("inittab", "/etc/inittab", 0o644),
            ("sshd.conf", "/etc/ssh/sshd_config.d/hvlab.conf", 0o644),
            ("grub.cfg", "/boot/grub/grub.cfg", 0o644),
            ("modprobe.conf", "/etc/modprobe.d/hvlab.conf", 0o644),
        ],
    )
    (root / "etc/hostname").write_text("guest\n")
    (root / "etc/fstab").write_text("LABEL=root / ext4 noatime 0 1\nLABEL=swap none swap sw 0 0\n")
    slim(root)
    # Packed, since GRUB reads it through the BIOS, which is slow under emulation.
    (root / "boot" / "initrd.hvlab").write_bytes(gzip.compress(initrd.read_bytes(), mtime=0))
    _let_in(root)


def _packer(folder: Path, topology: TopologySettings, log: Path) -> None:
    """Start the disk under Packer, run the OS's script in it, and leave `disk.qcow2`."""
    key = folder / "key"
    shutil.copyfile(vagrant_keys() / "vagrant", key)
    key.chmod(0o600)
    variables = {
        "disk": folder / "base.qcow2",
        "disk_sha256": hashlib.sha256((folder / "base.qcow2").read_bytes()).hexdigest(),
        "kernel": folder / "vmlinuz",
        "initrd": folder / "initrd",
        "accelerator": probe_accelerator(folder / "vmlinuz", folder / "root/bin/busybox"),
        "disk_size": f"{topology.disk_gib}G",
        "ssh_private_key_file": key,
        "provision": PACKER / f"{topology.os}.sh",
        "output": folder / "packer",
        "serial_log": folder / "serial.log",
    }
    arguments = [word for name, value in variables.items() for word in ("-var", f"{name}={value}")]
    run(
        ["packer", "build", "-color=false", f"-var-file={PACKER / f'{topology.os}.pkrvars.hcl'}", *arguments,
         PACKER / "guest.pkr.hcl"],
        what="Packer's build of the guest",
        log=log,
        timeout=1200,
        env={**os.environ, "PACKER_CACHE_DIR": str(folder / "cache"), "CHECKPOINT_DISABLE": "1"},
    )  # fmt: skip
    (folder / "packer" / "disk.qcow2").rename(folder / "disk.qcow2")
    shutil.rmtree(folder / "cache")


def _build(folder: Path, topology: TopologySettings) -> dict[str, object]:
    root, log = folder / "root", folder / "build.log"
    recipe = RECIPES[topology.os]
    with step(f"Guest image: installing {topology.os}"):
        make_root(recipe, root, log)
        release = kernel_release(root)
        shutil.copyfile(root / "boot" / f"vmlinuz-{release}", folder / "vmlinuz")
        extract_vmlinux(folder / "vmlinuz", folder / "vmlinux")
        build_initrd(root, release, MODULES, folder / "initrd")
        _configure(root, topology.os, folder / "initrd")
        swap = topology.swap_gib * GIB
        # The table needs its first MiB, which the partition of the root gives, so that the disk has the size asked for.
        parts = [Partition("root", topology.disk_gib * GIB - swap - 4 * MIB, "root", root)]
        parts += [Partition("swap", swap, "swap")] if swap else []
        write_disk(folder / "base.raw", "dos", parts)
        run(
            ["qemu-img", "convert", "-O", "qcow2", folder / "base.raw", folder / "base.qcow2"],
            what="converting",
        )
    with step("Guest image: Packer starts it and finishes it"):
        _packer(folder, topology, log)
    versions = package_versions(root, recipe.packages)
    shutil.rmtree(root)
    for leftover in ("base.raw", "base.qcow2", "key"):
        (folder / leftover).unlink()
    packer = run(["packer", "version"], what="asking Packer's version").split()[1]
    return {"versions": versions, "kernel": release, "packer": packer}


def guest_image(topology: TopologySettings) -> GuestImage:
    """Return the guest's disk, building it (minutes) if it is not in the cache.

    Raises:
        HvlabError: If there is no recipe for the guest OS, or it cannot be built.
    """
    if topology.os not in RECIPES:
        known = ", ".join(RECIPES)
        raise HvlabError(f"no recipe for the guest OS {topology.os!r}", f"topology.os can be: {known}")
    here = Path(__file__).parent
    inputs: dict[str, str | Path] = {
        "recipe": repr(RECIPES[topology.os]),
        "disk": f"{topology.disk_gib} GiB, swap {topology.swap_gib} GiB",
        "template": PACKER / "guest.pkr.hcl",
        "variables": PACKER / f"{topology.os}.pkrvars.hcl",
        "script": PACKER / f"{topology.os}.sh",
        "files": PACKER / "files" / topology.os,
    }
    inputs |= {name: here / name for name in ("guest.py", "disk.py", "initrd.py", "kernel.py", "roots.py")}
    folder = cached("guest", inputs, lambda making: _build(making, topology))
    versions = manifest(folder)["versions"]
    assert isinstance(versions, dict)
    return GuestImage(
        folder / "disk.qcow2", folder / "vmlinux", folder / "initrd", folder.name.rpartition("-")[2], versions
    )
