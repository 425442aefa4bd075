"""Unpacks the tar of one thing into an empty folder; whatever the tar says, nothing outside of it is written."""

import os
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from core.errors import HvlabError
from lab.bundle.form import Entry

_CHUNK = 1 << 20
# A tree of folders that is the root of another system: absolute links in it are meant from there.
_ROOT = "root"


def unsafe(entry: Entry, name: str, why: str) -> HvlabError:
    """Return the error for a member that no bundle of hvlab's has."""
    return HvlabError(
        f"the bundle's {entry.name} has {name[:200]!r}: {why}", "do not use this bundle", code="bundle-unsafe"
    )


def damaged(what: str) -> HvlabError:
    """Return the error for a bundle that is not as it was written."""
    return HvlabError(f"the bundle is damaged: {what}", "copy it again, and compare its SHA-256", code="bundle-damaged")


def _safe_name(entry: Entry, name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
        raise unsafe(entry, name, "a path that leads out of it")
    return path


def _check_link(entry: Entry, path: PurePosixPath, target: str) -> None:
    """Refuse a link that leads out of the thing, seen from where the link is."""
    if not target or "\0" in target:
        raise unsafe(entry, str(path), "a link to nothing")
    if target.startswith("/"):
        if path.parts[0] != _ROOT or ".." in target.split("/"):
            raise unsafe(entry, str(path), f"a link to {target[:200]!r}")
        return
    parts = [part for part in target.split("/") if part not in ("", ".")]
    up = next((number for number, part in enumerate(parts) if part != ".."), len(parts))
    # After a name, ".." may lead anywhere: the name may be a link itself.
    if up > len(path.parts) - 1 or ".." in parts[up:]:
        raise unsafe(entry, str(path), f"a link to {target[:200]!r}")


class Unpacker:
    """Takes a thing's files out of its tar.

    Args:
        entry: What the bundle's head says of the thing: more files or bytes than that are refused.
        folder: Empty; nobody else writes there.
    """

    def __init__(self, entry: Entry, folder: Path) -> None:
        self._entry, self._folder = entry, folder
        self._links: list[tuple[PurePosixPath, str]] = []
        # A file system may take more for the same data than the one that it comes from.
        self._room = entry.bytes + entry.files * 65536
        self._files = 0

    def unpack(self, source: IO[bytes]) -> None:
        """Unpack all.

        Raises:
            HvlabError: A member is unsafe (code `bundle-unsafe`), or the tar is damaged (`bundle-damaged`).
        """
        try:
            with tarfile.open(fileobj=source, mode="r|") as archive:
                for member in archive:
                    self._take(archive, member)
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            raise damaged(f"{self._entry.name}: {error}") from error
        # Only now: nothing can have been written through a link.
        for path, target in self._links:
            if any((self._folder / parent).is_symlink() for parent in path.parents):
                raise unsafe(self._entry, str(path), "a name below a link")
            self._make(path, lambda where, target=target: where.symlink_to(target))

    def _take(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        self._files += 1
        if self._files > self._entry.files:
            raise damaged(f"{self._entry.name} has more than its {self._entry.files} files")
        path = _safe_name(self._entry, member.name)
        if member.isdir():
            self._make(path, lambda where: where.mkdir(0o755))
        elif member.issym():
            _check_link(self._entry, path, member.linkname)
            self._links.append((path, member.linkname))
        elif member.isreg() or member.type == tarfile.GNUTYPE_SPARSE:
            self._make(path, lambda where: self._write(where, archive, member))
        else:
            raise unsafe(self._entry, member.name, "no file, folder or symbolic link")

    def _make(self, path: PurePosixPath, how: Any) -> None:
        try:
            how(self._folder / path)
        except FileExistsError as error:
            raise unsafe(self._entry, str(path), "the same name twice") from error
        except (FileNotFoundError, NotADirectoryError) as error:
            raise unsafe(self._entry, str(path), "a name in a folder that is not there") from error
        except OSError as error:
            error.filename = str(self._folder / path)
            raise

    def _write(self, where: Path, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        source: Any = archive.fileobj
        source.seek(member.offset_data)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        mode = 0o755 if member.mode & 0o100 else 0o644
        with os.fdopen(os.open(where, flags, mode), "wb") as out:
            for offset, size in self._pieces(member):
                out.seek(offset)
                self._copy(source, out, size)
            out.truncate(member.size)
            os.fchmod(out.fileno(), mode)

    def _pieces(self, member: tarfile.TarInfo) -> Iterator[tuple[int, int]]:
        """Yield where a file has data: offset and size."""
        pieces: Any = getattr(member, "sparse", None)
        for offset, size in [(0, member.size)] if pieces is None else pieces:
            if offset < 0 or size < 0 or offset + size > member.size:
                raise damaged(f"{self._entry.name}: data beyond the end of {member.name[:200]!r}")
            yield offset, size

    def _copy(self, source: Any, out: IO[bytes], size: int) -> None:
        self._room -= size
        if self._room < 0:
            raise damaged(f"{self._entry.name} has more than its {self._entry.bytes} bytes")
        while size:
            chunk = source.read(min(size, _CHUNK))
            if not chunk:
                raise damaged(f"{self._entry.name} ends too early")
            out.write(chunk)
            size -= len(chunk)
