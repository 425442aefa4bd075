"""The kernel is found in a bzImage, whatever it is packed with."""

import lzma
import struct
import subprocess
from pathlib import Path

import pytest

from lab.images.kernel import extract_vmlinux, payload
from tests.support.images import ELF, bzimage


def zstd(data: bytes) -> bytes:
    return subprocess.run(["zstd", "-cq"], input=data, capture_output=True, check=True).stdout


@pytest.mark.parametrize("packed", [lzma.compress(ELF), zstd(ELF) + struct.pack("<I", len(ELF))], ids=["xz", "zstd"])
def test_unpacks(packed: bytes, tmp_path: Path) -> None:
    source, out = tmp_path / "vmlinuz", tmp_path / "vmlinux"
    source.write_bytes(bzimage(packed))
    assert payload(source.read_bytes()) == packed
    extract_vmlinux(source, out)
    assert out.read_bytes() == ELF
