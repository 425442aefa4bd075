"""Reads a bundle once, from its start to its end."""

import hashlib
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from core.errors import HvlabError
from lab.bundle.form import LARGEST_TEXT, SECTOR
from lab.bundle.unpack import damaged

CHUNK = 1 << 20


class Reader:
    """Reads a bundle from its start to its end, once, and keeps the checksum of all."""

    def __init__(self, handle: IO[bytes], where: Path) -> None:
        self._handle, self.where = handle, where
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Return that many bytes.

        Raises:
            HvlabError: The file ends before (code `bundle-damaged`).
        """
        content = self._handle.read(size)
        self.digest.update(content)
        if len(content) < size:
            raise damaged(f"{self.where} ends too early")
        return content

    def member(self) -> tuple[str, int]:
        """Return name and size of the next member."""
        try:
            info = tarfile.TarInfo.frombuf(self.read(SECTOR), "utf-8", "surrogateescape")
        except tarfile.HeaderError as error:
            raise damaged(f"{self.where}: {error}") from error
        if not info.isreg() or info.size < 0:
            raise damaged(f"{self.where}: {info.name[:200]!r} is no file")
        return info.name, info.size

    def chunks(self, size: int) -> Iterator[bytes]:
        """Yield the content of a member of that size, and pass over what fills it up."""
        for start in range(0, size, CHUNK):
            yield self.read(min(CHUNK, size - start))
        self.read(-size % SECTOR)

    def text(self, size: int) -> bytes:
        """Return the content of a small member."""
        if size > LARGEST_TEXT:
            raise damaged(f"{self.where}: a member of {size} bytes that should be small")
        return b"".join(self.chunks(size))

    def rest(self) -> None:
        """Read the archive's end, and check that it is one."""
        ending = self._handle.read(CHUNK)
        self.digest.update(ending)
        if len(ending) < 2 * SECTOR or ending.strip(b"\0"):
            raise damaged(f"{self.where} does not end where it should")


class Feeder(threading.Thread):
    """Gives zstd a member's content, while another thread reads what zstd makes of it."""

    def __init__(self, reader: Reader, size: int, sink: IO[bytes]) -> None:
        super().__init__(daemon=True)
        self._reader, self._size, self._sink = reader, size, sink
        self.digest = hashlib.sha256()
        self.failure: HvlabError | OSError | None = None

    def run(self) -> None:
        """Read all of the member, even if zstd wants no more of it."""
        wanted = True
        try:
            for chunk in self._reader.chunks(self._size):
                self.digest.update(chunk)
                try:
                    if wanted:
                        self._sink.write(chunk)
                except BrokenPipeError:
                    wanted = False
        except (HvlabError, OSError) as error:
            self.failure = error
        finally:
            with suppress(BrokenPipeError):
                self._sink.close()


@contextmanager
def decompressing(feed: Callable[[IO[bytes]], Feeder], what: str) -> Iterator[IO[bytes]]:
    """Yield what zstd makes of what a feeder gives it.

    Raises:
        HvlabError: zstd cannot read it, or the feeder failed, which is then also why the block did.
    """
    zstd = subprocess.Popen(
        ["zstd", "--decompress", "--quiet", "--stdout", "--no-sparse"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert zstd.stdin and zstd.stdout
    feeder = feed(zstd.stdin)
    feeder.start()
    whole = False
    try:
        yield zstd.stdout
        whole = True
    finally:
        if not whole:
            zstd.kill()
        zstd.stdout.close()
        feeder.join()
        status = zstd.wait()
        if feeder.failure:
            raise feeder.failure
    if status:
        raise damaged(f"{what} cannot be decompressed")
