"""Writes a bundle: `image.export`."""

import errno
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from core.console import step
from core.errors import HvlabError
from core.paths import cache_root
from lab.bundle.contents import entry_of, names_to_export, require_built
from lab.bundle.form import FORMAT, HEAD, SECTOR, SUMS, Entry, Head, as_text, header, padding
from lab.images.digest import content_paths
from lab.images.provenance import revision
from lab.images.wheels import wheels
from lab.settings import Settings

_CHUNK = 1 << 20
# Both cores, 128 MiB of memory: what zstd's own limit lets any machine unpack.
_ZSTD = ("zstd", "-3", "-T0", "--long=27", "--quiet", "--stdout")


@dataclass(frozen=True)
class Exported:
    """A bundle that was written.

    Attributes:
        file: The archive.
        size: Bytes.
        sha256: Of the whole file.
        head: What is in it.
    """

    file: Path
    size: int
    sha256: str
    head: Head


def require_programs(*names: str) -> None:
    """Check that programs are installed.

    Raises:
        HvlabError: One is not.
    """
    for name in names:
        if shutil.which(name) is None:
            raise HvlabError(
                f"{name} is not installed, bundles are packed with it", f"install {name}", code="no-program"
            )


class _Writer:
    """Writes members one after the other, and keeps their checksums."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.sums: dict[str, str] = {}

    def text(self, name: str, content: bytes) -> None:
        """Write a member whose content is known."""
        self._out.write(header(name, len(content)) + content + padding(len(content)))
        self.sums[name] = hashlib.sha256(content).hexdigest()

    def stream(self, name: str, source: IO[bytes]) -> None:
        """Write a member whose size is known when it has been read."""
        start, digest, size = self._out.tell(), hashlib.sha256(), 0
        self._out.write(bytes(SECTOR))
        while chunk := source.read(_CHUNK):
            self._out.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        self._out.write(padding(size))
        self._out.seek(start)
        self._out.write(header(name, size))
        self._out.seek(0, os.SEEK_END)
        self.sums[name] = digest.hexdigest()

    def end(self) -> None:
        """Write the checksums and the archive's end."""
        self.text(SUMS, as_text(self.sums))
        self._out.write(bytes(2 * SECTOR))


@contextmanager
def _packed(folder: Path) -> Iterator[IO[bytes]]:
    """Yield the packed tar of a folder: sparse files stay sparse, owners and times are left out.

    Raises:
        HvlabError: tar or zstd failed.
    """
    names = (str(path.relative_to(folder)) for path in content_paths(folder))
    with tempfile.TemporaryFile() as listing, tempfile.TemporaryFile() as said:
        listing.write(b"".join(os.fsencode(name) + b"\0" for name in names))
        listing.seek(0)
        tar = subprocess.Popen(
            ["tar", "--create", "--directory", str(folder),
             "--format=gnu", "--sparse", "--hard-dereference", "--owner=0", "--group=0",
             "--numeric-owner", "--mtime=@0", "--no-recursion", "--null", "--verbatim-files-from", "--files-from=-"],
            stdin=listing, stdout=subprocess.PIPE, stderr=said,
        )  # fmt: skip
        zstd = subprocess.Popen(_ZSTD, stdin=tar.stdout, stdout=subprocess.PIPE, stderr=said)
        assert tar.stdout and zstd.stdout
        tar.stdout.close()
        try:
            yield zstd.stdout
            statuses = tar.wait(), zstd.wait()
        finally:
            for process in (tar, zstd):
                process.kill()
                process.wait()
            zstd.stdout.close()
        if any(statuses):
            said.seek(0)
            words = said.read().decode(errors="replace").strip().splitlines()
            raise HvlabError(
                f"packing {folder.name} failed: {words[0] if words else 'no output'}", code="packing-failed"
            )


def _write(out: IO[bytes], head: Head) -> None:
    writer = _Writer(out)
    writer.text(HEAD, as_text(head.model_dump(mode="json")))
    for entry in head.entries:
        with step(f"Bundle: packing {entry.name}"), _packed(cache_root() / entry.name) as source:
            writer.stream(entry.member, source)
    writer.end()
    out.flush()
    os.fsync(out.fileno())


def _described(settings: Settings) -> Head:
    with step("Bundle: looking at what is to be packed"):
        entries: tuple[Entry, ...] = tuple(entry_of(name) for name in names_to_export(settings))
    written = revision()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    about = {"topology": settings.topology.model_dump(mode="json")}
    return Head.model_validate({"format": FORMAT, "created": now, "settings": about, "entries": entries, **written})


def export(settings: Settings, file: Path) -> Exported:
    """Write what the cache has for the present recipes into one archive.

    Args:
        settings: The parameters; together with the code they say what belongs into it.
        file: The archive, which must not be there yet.

    Raises:
        HvlabError: Something is not built, the file is there, or there is no room for it; no file is left then.
    """
    require_programs("tar", "zstd")
    if file.exists() or file.is_symlink():
        raise HvlabError(f"{file} is there already", "remove it, or name another file", code="file-exists")
    if not file.parent.is_dir():
        raise HvlabError(f"{file.parent} is no folder", "make it, or name another file", code="no-folder")
    require_built(settings)
    wheels()
    head = _described(settings)
    aside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with aside.open("xb") as out:
            _write(out, head)
        with aside.open("rb") as written:
            sha256 = hashlib.file_digest(written, "sha256").hexdigest()
        aside.rename(file)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise HvlabError(
            f"{file} cannot be written: {error.strerror}", "make room there: about 2.5 GB", code="too-little-disk"
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    return Exported(file, file.stat().st_size, sha256, head)
