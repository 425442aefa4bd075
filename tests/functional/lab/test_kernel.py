"""The kernel is found in a bzImage, whatever it is packed with."""

import lzma
import struct
import subprocess
from pathlib import Path

import pytest

from lab.images.kernel import extract_vmlinux, payload

ELF = b"\x7fELF" + bytes(range(256)) * 40


def bzimage(packed: bytes) -> bytes:
    """Lay out a bzImage: two setup sectors, then 64 bytes of stub, then the payload."""
    image = bytearray(3 * 512 + 64) + packed + b"tail"
    image[0x1F1] = 2
    image[0x1FE:0x200] = b"\x55\xaa"
    image[0x202:0x206] = b"HdrS"
    image[0x248:0x250] = struct.pack("<II", 64, len(packed))
    return bytes(image)


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-cq"], input=data, capture_output=True, check=True).stdout


@pytest.mark.parametrize("packed", [lzma.compress(ELF), zstd(ELF) + struct.pack("<I", len(ELF))], ids=["xz", "zstd"])
def test_unpacks(packed: bytes, tmp_path: Path) -> None:
    source, out = tmp_path / "vmlinuz", tmp_path / "vmlinux"
    source.write_bytes(bzimage(packed))
    assert payload(source.read_bytes()) == packed
    extract_vmlinux(source, out)
    assert out.read_bytes() == ELF
