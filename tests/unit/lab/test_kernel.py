"""The kernel is found in a bzImage, whatever it is packed with."""

import struct
from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.images.kernel import extract_vmlinux

ELF = b"\x7fELF" + bytes(range(256)) * 40


def bzimage(packed: bytes) -> bytes:
    """Lay out a bzImage: two setup sectors, then 64 bytes of stub, then the payload."""
    image = bytearray(3 * 512 + 64) + packed + b"tail"
    image[0x1F1] = 2
    image[0x1FE:0x200] = b"\x55\xaa"
    image[0x202:0x206] = b"HdrS"
    image[0x248:0x250] = struct.pack("<II", 64, len(packed))
    return bytes(image)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "bzImage"), (b"\0" * 4096, "bzImage"), (bzimage(b"LZIP" + ELF), "unknown method")],
)
def test_refuses(content: bytes, says: str, tmp_path: Path) -> None:
    source, out = tmp_path / "vmlinuz", tmp_path / "vmlinux"
    source.write_bytes(content)
    with pytest.raises(HvlabError, match=says):
        extract_vmlinux(source, out)
    assert not out.exists()
