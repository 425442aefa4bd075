"""Makes the installer's ISO: isolinux's prompt, kernel, RAM disk, stage 2, and the system that is installed."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.console import step
from core.errors import HvlabError
from core.paths import PROJECT
from core.process import run
from lab.images.cache import cached
from lab.installer.plan import Plan
from lab.installer.ramdisk import FILES, build_ram_disk
from lab.installer.rootfs_archive import GuestRoot, guest_root, root_inputs
from lab.installer.stage2 import compile_python, stage2_folder, stage2_inputs

_HERE = Path(__file__).parent
# The parts of the kit that run on the machine that is installed.
PROGRAM = (
    "core/__init__.py", "core/cause.py", "core/errors.py", "core/process.py", "core/signals.py", "lab/__init__.py",
    *(f"lab/installer/{name}.py" for name in ("__init__", "configure", "kickstart", "main", "medium_contents",
                                              "package_groups", "partitions", "plan", "rhel5", "supported", "target")),
)  # fmt: skip
_BOOT = {
    "isolinux.bin": Path("/usr/lib/ISOLINUX/isolinux.bin"),
    "ldlinux.c32": Path("/usr/lib/syslinux/modules/bios/ldlinux.c32"),
}


@dataclass(frozen=True)
class Medium:
    """An installation medium.

    Attributes:
        iso: ISO 9660 image.
        sha256: Its checksum.
    """

    iso: Path
    sha256: str


def write_iso(tree: Path, files: Sequence[Path], iso: Path) -> None:
    """Make an ISO that a PC's BIOS starts (El Torito).

    Args:
        tree: Folder with its content, isolinux/isolinux.bin among it.
        files: More files for its top folder.
        iso: File to write.

    Raises:
        HvlabError: If xorriso fails.
    """
    run(
        ["xorriso", "-as", "mkisofs", "-quiet", "-volid", "HVLAB", "-rational-rock",
         "-eltorito-boot", "isolinux/isolinux.bin", "-eltorito-catalog", "isolinux/boot.cat",
         "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table", "-output", iso,
         "-graft-points", f"/={tree}", *(f"/{path.name}={path}" for path in files)],
        what="making the installer's ISO",
        hint="is there room on the disk?",
    )  # fmt: skip


def lay_out(tree: Path, kernel: Path, ram_disk: Path) -> None:
    """Put what isolinux needs into a folder."""
    boot = tree / "isolinux"
    boot.mkdir(parents=True)
    for name, source in _BOOT.items():
        if not source.is_file():
            raise HvlabError(f"{source} is not there", "apt-get install isolinux syslinux-common")
        shutil.copyfile(source, boot / name)
    shutil.copyfile(FILES / "isolinux.cfg", boot / "isolinux.cfg")
    shutil.copyfile(kernel, boot / "vmlinuz")
    shutil.copyfile(ram_disk, boot / "initrd.img")


def add_program(stage2: Path) -> None:
    """Put the installer's program into the stage 2 folder."""
    for name in PROGRAM:
        target = stage2 / "hvlab" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / name, target)
    compile_python(stage2, "/hvlab")


def _build(folder: Path, root: GuestRoot) -> dict[str, object]:
    base = stage2_folder()
    tree, iso = folder / "tree", folder / "installer.iso"
    with step("Installer: ISO"):
        build_ram_disk(root.busybox, root.modules, folder / "initrd.img")
        lay_out(tree, root.kernel, folder / "initrd.img")
        run(["cp", "-a", base, tree / "stage2"], what="copying stage 2")
        add_program(tree / "stage2")
        write_iso(tree, (root.archive, root.stock), iso)
    shutil.rmtree(tree)
    (folder / "initrd.img").unlink()
    with iso.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    (folder / "sha256").write_text(digest)
    return {"sha256": digest, "root": root.folder.name, "stage2": base.parent.name}


def medium_inputs(plan: Plan) -> dict[str, str | Path]:
    """Return everything that the medium for a plan is made from."""
    parts = {"installer files": FILES} | {name: PROJECT / name for name in PROGRAM}
    parts |= {name: _HERE / name for name in ("iso.py", "ramdisk.py")}
    return {**root_inputs(plan), **stage2_inputs(), **parts}


def installer_medium(plan: Plan) -> Medium:
    """Return the ISO that has what a plan asks for, making it (seconds, beside its parts) if it is not in the cache.

    Raises:
        HvlabError: If it cannot be made.
    """
    folder = cached("installer", medium_inputs(plan), lambda making: _build(making, guest_root(plan)))
    return Medium(folder / "installer.iso", (folder / "sha256").read_text())
