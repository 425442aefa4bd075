"""The kernel is found in a bzImage, whatever it is packed with."""

from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.images.kernel import extract_vmlinux
from tests.support.images import ELF, bzimage


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
