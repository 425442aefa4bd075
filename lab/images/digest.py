"""The digest of a built thing's content: the same on each machine that has the thing."""

import hashlib
import os
from pathlib import Path

MANIFEST = "manifest.json"
# Blocks of zeros are not hashed: it does not matter which of them the file system keeps as holes.
_BLOCK = 1 << 20
_ZEROS = bytes(_BLOCK)


def _data_blocks(file: int, size: int) -> list[int]:
    """Return the offsets of the blocks in which the file system keeps data."""
    found: list[int] = []
    position = 0
    while position < size:
        try:
            start = os.lseek(file, position, os.SEEK_DATA)
        except OSError:
            break  # ENXIO: only a hole is left.
        end = os.lseek(file, start, os.SEEK_HOLE)
        first = max(start // _BLOCK * _BLOCK, found[-1] + _BLOCK if found else 0)
        found += range(first, end, _BLOCK)
        position = end
    return found


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's size and of its blocks that are not all zeros, in 64 hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        size = os.fstat(handle.fileno()).st_size
        digest.update(f"{size}\n".encode())
        for offset in _data_blocks(handle.fileno(), size):
            block = os.pread(handle.fileno(), _BLOCK, offset)
            if block != _ZEROS[: len(block)]:
                digest.update(f"{offset}\n".encode() + block)
    return digest.hexdigest()


def content_paths(folder: Path) -> list[Path]:
    """Return the folders, files and symbolic links in a built thing, in order; devices and sockets are left out."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or path.is_dir() or path.is_file())
    return sorted(found, key=lambda path: path.relative_to(folder).parts)


def computed_digest(folder: Path) -> str:
    """Return the SHA-256 over names, kinds and contents of all in a folder but its manifest, in 64 hex digits."""
    digest = hashlib.sha256()
    for path in content_paths(folder):
        name = str(path.relative_to(folder))
        if name == MANIFEST:
            continue
        if path.is_symlink():
            about = f"link {path.readlink()}"
        elif path.is_dir():
            about = "folder"
        else:
            about = f"file {bool(path.stat().st_mode & 0o100)} {file_digest(path)}"
        digest.update(f"{name}\0{about}\0".encode(errors="surrogateescape"))
    return digest.hexdigest()
