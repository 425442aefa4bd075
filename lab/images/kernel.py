"""Takes the uncompressed `vmlinux` out of a packaged kernel, so that an emulator need not unpack it.

Format: Documentation/arch/x86/boot.rst of the Linux kernel, fields `setup_sects`, `payload_offset`, `payload_length`.
"""

import lzma
import shutil
import struct
import subprocess
from pathlib import Path

from core.errors import HvlabError

_XZ = b"\xfd7zXZ\x00"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ELF = b"\x7fELF"


def payload(vmlinuz: bytes) -> bytes:
    """Return the compressed payload of a bzImage.

    Raises:
        HvlabError: If the bytes are no bzImage.
    """
    if len(vmlinuz) < 0x250 or vmlinuz[0x202:0x206] == b"\0\0\0\0" or vmlinuz[0x1FE:0x200] != b"\x55\xaa":
        raise HvlabError("not a Linux bzImage", "pass the packaged /boot/vmlinuz-*")
    setup_sectors = vmlinuz[0x1F1] or 4
    offset, length = struct.unpack_from("<II", vmlinuz, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    return vmlinuz[start : start + length]


def _decompress(data: bytes) -> bytes:
    if data.startswith(_XZ):
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(_ZSTD):
        zstd = shutil.which("zstd")
        if zstd is None:
            raise HvlabError("zstd is missing, the kernel is compressed with it", "apt-get install zstd")
        # The payload ends with its own length (4 bytes), which zstd reports as trailing garbage.
        done = subprocess.run([zstd, "-dcq"], input=data[:-4], capture_output=True, check=False)
        return done.stdout
    raise HvlabError(f"kernel compressed with an unknown method ({data[:4].hex()})", "xz and zstd are known")


def extract_vmlinux(vmlinuz: Path, out: Path) -> None:
    """Write the ELF kernel that is packed in `vmlinuz` to `out`.

    Raises:
        HvlabError: If `vmlinuz` is no bzImage, or its compression is not known.
    """
    elf = _decompress(payload(vmlinuz.read_bytes()))
    if not elf.startswith(_ELF):
        raise HvlabError(f"{vmlinuz} does not hold an ELF kernel")
    out.write_bytes(elf)
