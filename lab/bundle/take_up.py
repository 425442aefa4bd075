"""Takes a bundle up into the cache: `image.import`."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.console import step
from core.errors import HvlabError
from core.lock import hold
from core.paths import cache_root
from lab.bundle.export import require_programs
from lab.bundle.form import HEAD, PACKED, SUMS, Entry, Head, read_head
from lab.bundle.reader import CHUNK, Feeder, Reader, decompressing
from lab.bundle.unpack import Unpacker, damaged
from lab.images.cache import locked, making_name, manifest
from lab.images.digest import MANIFEST

# What the file system itself takes, and what shall be left on the disk.
_SPARE = 256 << 20


@dataclass(frozen=True)
class TakenUp:
    """A bundle that was taken up.

    Attributes:
        head: What is in it.
        sha256: Of the whole file.
        new: Names of the things that are in the cache now; the others were there before.
    """

    head: Head
    sha256: str
    new: tuple[str, ...]


def _unpacked(reader: Reader, size: int, entry: Entry, folder: Path) -> str:
    """Unpack a member into a folder; return its checksum."""
    feeders: list[Feeder] = []

    def feed(sink: IO[bytes]) -> Feeder:
        feeders.append(Feeder(reader, size, sink))
        return feeders[0]

    with decompressing(feed, entry.name) as source:
        Unpacker(entry, folder).unpack(source)
        while rest := source.read(CHUNK):
            if rest.strip(b"\0"):
                raise damaged(f"{entry.name} has something after its end")
    return feeders[0].digest.hexdigest()


def _checked_over(reader: Reader, size: int) -> str:
    digest = hashlib.sha256()
    for chunk in reader.chunks(size):
        digest.update(chunk)
    return digest.hexdigest()


def _is_there(entry: Entry) -> bool:
    return (cache_root() / entry.name / MANIFEST).is_file()


def _check_entry(entry: Entry, folder: Path) -> None:
    """Check that what was unpacked is what its name says; write into its manifest what it is.

    Raises:
        HvlabError: It is not (code `bundle-damaged`).
    """
    try:
        facts = manifest(folder)
        matches = f"{facts['kind']}-{facts['key']}" == entry.name
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise damaged(f"{entry.name} has no manifest that can be read") from error
    if not matches:
        raise damaged(f"{entry.name} holds {facts['kind']}-{facts['key']}")
    (folder / MANIFEST).write_text(json.dumps({**facts, "digest": entry.digest}, indent=2) + "\n")


def _take_entries(reader: Reader, head: Head, staging: Path) -> dict[str, str]:
    """Read all members after the head, unpack those that are not in the cache; return their checksums."""
    sums = {}
    for entry in head.entries:
        name, size = reader.member()
        if name != entry.member:
            raise damaged(f"{name[:200]!r} stands where {entry.member} should")
        if _is_there(entry):
            sums[name] = _checked_over(reader, size)
            continue
        folder = staging / entry.name
        folder.mkdir()
        with step(f"Bundle: unpacking {entry.name}"):
            sums[name] = _unpacked(reader, size, entry, folder)
            _check_entry(entry, folder)
    return sums


def _head(reader: Reader) -> tuple[Head, str]:
    """Read the head; return it and its checksum.

    Raises:
        HvlabError: This is no bundle.
    """
    try:
        name, size = reader.member()
        if name != HEAD:
            raise damaged(f"its first member is {name[:200]!r}")
        text = reader.text(size)
    except HvlabError as error:
        raise HvlabError(
            f"{reader.where} is no bundle of hvlab: {error.message}", "make one: ./invoke image.export FILE",
            code="not-a-bundle",
        ) from error  # fmt: skip
    return read_head(text, str(reader.where)), hashlib.sha256(text).hexdigest()


def _free() -> int:
    return shutil.disk_usage(cache_root()).free


def _check_room(head: Head) -> None:
    needed = sum(entry.bytes for entry in head.entries if not _is_there(entry)) + _SPARE
    free = _free()
    if free < needed:
        raise HvlabError(
            f"too little disk for {cache_root()}: {free / 1e9:.1f} GB free, the bundle needs {needed / 1e9:.1f} GB",
            "free some, or set HVLAB_CACHE to a folder on a larger disk",
            code="too-little-disk",
        )


def _check_sums(reader: Reader, found: dict[str, str]) -> None:
    name, size = reader.member()
    if name != SUMS:
        raise damaged(f"{name[:200]!r} stands where {SUMS} should")
    text = reader.text(size)
    try:
        wanted = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(f"{SUMS} cannot be read") from error
    if wanted != found:
        wrong = [each.removesuffix(PACKED) for each in found if not isinstance(wanted, dict)
                 or wanted.get(each) != found[each]]  # fmt: skip
        raise damaged(f"the checksum of {wrong[0] if wrong else SUMS} is another")
    reader.rest()


@contextmanager
def _staging() -> Iterator[Path]:
    """Yield an empty folder of the cache for one import at a time; it is removed in the end.

    Raises:
        HvlabError: Another command imports a bundle (code `import-runs`).
    """

    def refused(holder: str) -> HvlabError:
        return HvlabError(f"another command imports a bundle: {holder}", "wait for its end", code="import-runs")

    hint = "set HVLAB_CACHE to a folder that can be written"
    with hold(cache_root() / "import.lock", refused, hint=hint):
        # `image.prune` knows it by this name as something unfinished.
        folder = making_name(cache_root() / "import")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _put_in_place(staging: Path) -> tuple[str, ...]:
    """Move what is whole into the cache, each thing in one step; what a build made meanwhile is kept."""
    os.sync()
    new = []
    for folder in sorted(staging.iterdir()):
        target = cache_root() / folder.name
        with locked(cache_root() / f"{folder.name}.lock"):
            if not (target / MANIFEST).is_file():
                folder.rename(target)
                new.append(folder.name)
    return tuple(new)


def take_up(file: Path, sha256: str = "") -> TakenUp:
    """Add a bundle's entries to the cache; existing entries are kept.

    Args:
        file: The bundle.
        sha256: What the whole file must have; "": any.

    Raises:
        HvlabError: It is no bundle, damaged, unsafe, or not the one that was named; there is too little disk; another
            command imports one. The cache is as before then.
    """
    require_programs("zstd")
    if not file.is_file():
        raise HvlabError(f"{file} is no file", "name a bundle that image.export made", code="no-bundle")
    try:
        with _staging() as staging, file.open("rb") as handle:
            reader = Reader(handle, file)
            head, head_sum = _head(reader)
            _check_room(head)
            sums = {HEAD: head_sum} | _take_entries(reader, head, staging)
            _check_sums(reader, sums)
            found = reader.digest.hexdigest()
            if sha256 and sha256.lower() != found:
                raise HvlabError(
                    f"{file} has SHA-256 {found}, not {sha256}", "do not use this bundle", code="other-bundle"
                )
            return TakenUp(head, found, _put_in_place(staging))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise HvlabError(
            f"the disk with {cache_root()} is full", "free some, or set HVLAB_CACHE", code="too-little-disk"
        ) from error
