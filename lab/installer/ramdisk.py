"""The installer's RAM disk: busybox, drivers, and a script that finds the medium and the kickstart file."""

import shutil
import tempfile
from pathlib import Path

from lab.images.initrd import write_cpio

FILES = Path(__file__).parent / "files"
# Disk, CD-ROM drive and network card of the PCs that are emulated, and what the disk and the medium are written in.
MODULES = (
    "virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net", "ata_piix", "ahci", "sd_mod", "sr_mod", "e1000",
    "af_packet", "isofs", "nls_ascii", "nls_utf8", "ext4", "crc32c_generic", "crc32c_intel",
)  # fmt: skip


def build_ram_disk(busybox: Path, modules: Path, out: Path) -> None:
    """Write the RAM disk.

    Args:
        busybox: A static busybox.
        modules: Folder with the drivers and their loading order, see `lab.images.initrd.copy_modules`.
        out: File to write; not compressed, since a CD-ROM is read faster than the kernel unpacks under emulation.
    """
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        for name in ("bin", "proc", "sys", "dev", "cd"):
            (tree / name).mkdir()
        shutil.copy2(busybox, tree / "bin/busybox")
        shutil.copytree(modules, tree / "modules")
        for name in ("init", "udhcpc"):
            shutil.copyfile(FILES / name, tree / name)
            (tree / name).chmod(0o755)
        write_cpio(tree, out)
