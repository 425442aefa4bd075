"""The system that the installer puts on a guest's disk: made once by mmdebstrap, kept as an archive.

It depends on the packages and the language that a kickstart file asks for, not on the rest of it, so that a kickstart
file can be changed without waiting for mmdebstrap.
"""

import gzip
import shutil
from dataclasses import dataclass
from pathlib import Path

from core.console import step
from core.process import run
from hypervisors.registry import all_hypervisors
from lab.images.cache import cached, manifest
from lab.images.initrd import build_initrd, copy_modules
from lab.images.kernel import extract_vmlinux
from lab.images.rootfs import LEAN, NO_SUCH_HARDWARE, Recipe, kernel_release, make_root, package_versions, slim
from lab.installer.medium_contents import Stock
from lab.installer.plan import Plan
from lab.installer.ramdisk import MODULES as INSTALLER_MODULES

# The guests' screens are drawn by X itself; what Mesa would draw with is 160 MB, in each guest's disk.
NO_3D = tuple(f"/usr/lib/x86_64-linux-gnu/{part}" for part in ("dri/*", "libLLVM*", "libz3*"))


def guest_modules() -> tuple[str, ...]:
    """Return what reaches the disk under each hypervisor: virtio, the hypervisors' own drivers, IDE and SATA."""
    own = (name for hypervisor in all_hypervisors().values() for name in hypervisor.guest_drivers)
    return ("virtio_pci", "virtio_blk", *own, "ata_piix", "ahci", "sd_mod", "ext4")


@dataclass(frozen=True)
class GuestRoot:
    """An archived system and what is taken out of it.

    Attributes:
        folder: In the cache; holds all that follows.
        archive: tar, not compressed.
        stock: What is in it, as JSON (`lab.installer.stock`).
        kernel: Packaged kernel (compressed).
        vmlinux: The same unpacked.
        initrd: The guest's RAM disk.
        modules: Drivers for the installer.
        busybox: A static busybox.
        versions: Package name to version, of the packages that were asked for.
        release: Of the kernel.
    """

    folder: Path
    archive: Path
    stock: Path
    kernel: Path
    vmlinux: Path
    initrd: Path
    modules: Path
    busybox: Path
    versions: dict[str, str]
    release: str


def recipe_for(plan: Plan) -> Recipe:
    """Return the recipe of the system that a plan asks for."""
    extra = () if plan.locale.partition(".")[0] in ("C", "POSIX") else ("locales",)
    return Recipe(
        suite="bookworm",
        components=("main",),
        packages=tuple(sorted({*plan.packages, *extra})),
        exclude=LEAN + NO_SUCH_HARDWARE + NO_3D,
    )


def _make_locale(root: Path, locale: str) -> None:
    """Make one language's locale, here and not in the installer: it takes a minute under emulation."""
    name, _, charset = locale.partition(".")
    charset = {"utf8": "UTF-8"}.get(charset.lower(), charset) or "ISO-8859-1"
    run(
        ["chroot", root, "localedef", "--no-archive", "-i", name, "-f", charset, locale],
        what=f"making the locale {locale}",
        hint="the kickstart file's lang names it",
    )


def stock_of(root: Path) -> Stock:
    """Return what is in the folder of an installed system."""
    zones = root / "usr/share/zoneinfo"
    # posix/ and right/ hold the same zones again.
    names = (path.relative_to(zones) for path in zones.rglob("*") if path.is_file())
    timezones = sorted(str(name) for name in names if name.parts[0] not in ("posix", "right"))
    made = {path.name for path in (root / "usr/lib/locale").iterdir() if path.is_dir()}
    return Stock(package_versions(root, ("*",)), tuple(sorted({"C", "POSIX"} | made)), tuple(timezones))


def _archive(root: Path, out: Path) -> None:
    run(
        ["tar", "--create", "--numeric-owner", "--xattrs", "--one-file-system", "--sort=name", "--file", out,
         "--directory", root, "."],
        what="archiving the system",
        hint="is there room on the disk?",
    )  # fmt: skip


def _build(folder: Path, recipe: Recipe, locale: str) -> dict[str, object]:
    root, log = folder / "root", folder / "build.log"
    with step("Guest's system: installing Debian 12 by mmdebstrap"):
        make_root(recipe, root, log)
    with step("Guest's system: kernel, RAM disks and archive"):
        if "locales" in recipe.packages:
            _make_locale(root, locale)
        release = kernel_release(root)
        shutil.copyfile(root / f"boot/vmlinuz-{release}", folder / "vmlinuz")
        extract_vmlinux(folder / "vmlinuz", folder / "vmlinux")
        shutil.copy2(root / "bin/busybox", folder / "busybox")
        build_initrd(root, release, guest_modules(), folder / "initrd")
        copy_modules(root, release, INSTALLER_MODULES, folder / "modules")
        slim(root)
        # mmdebstrap leaves this machine's own there.
        (root / "etc/resolv.conf").unlink(missing_ok=True)
        # Packed, since GRUB reads it through the BIOS, which is slow under emulation.
        (root / "boot/initrd.hvlab").write_bytes(gzip.compress((folder / "initrd").read_bytes(), mtime=0))
        stock = stock_of(root)
        stock.write(folder / "stock.json")
        _archive(root, folder / "root.tar")
    shutil.rmtree(root)
    return {"versions": {name: stock.packages[name] for name in recipe.packages}, "kernel": release}


def root_inputs(plan: Plan) -> dict[str, str | Path]:
    """Return everything that the system for a plan is made from."""
    images = Path(__file__).parents[1] / "images"
    return {
        "recipe": repr(recipe_for(plan)),
        "locale": plan.locale,
        "modules": repr((guest_modules(), INSTALLER_MODULES)),
        "rootfs_archive.py": Path(__file__),
        **{name: images / name for name in ("initrd.py", "kernel.py", "rootfs.py")},
    }


def guest_root(plan: Plan) -> GuestRoot:
    """Return the system with a plan's packages and language, making it (a minute) if it is not in the cache.

    Raises:
        HvlabError: If a package cannot be had, or the locale is not known.
    """
    recipe = recipe_for(plan)
    folder = cached("guest-root", root_inputs(plan), lambda making: _build(making, recipe, plan.locale))
    facts = manifest(folder)
    versions = facts["versions"]
    assert isinstance(versions, dict)
    return GuestRoot(
        folder=folder,
        archive=folder / "root.tar",
        stock=folder / "stock.json",
        kernel=folder / "vmlinuz",
        vmlinux=folder / "vmlinux",
        initrd=folder / "initrd",
        modules=folder / "modules",
        busybox=folder / "busybox",
        versions=versions,
        release=str(facts["kernel"]),
    )
