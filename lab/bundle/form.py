"""The form of a bundle: a tar with a head, one packed tar for each thing of the cache, and the checksums.

hvlab-bundle.json    the head: what is in it, as `Head`
KIND-KEY.tar.zst     a thing of the cache; the wheels come first
sha256.json          SHA-256 of each member before it
"""

import json
import tarfile
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import HvlabError

HEAD, SUMS = "hvlab-bundle.json", "sha256.json"
PACKED = ".tar.zst"
FORMAT = 1
# Of the head and the checksums: more is no bundle of hvlab's.
LARGEST_TEXT = 4 << 20
SECTOR = tarfile.BLOCKSIZE

ENTRY_NAME = r"[a-z][a-z0-9-]*-[0-9a-f]{16}"


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Entry(_Part):
    """A thing of the cache in a bundle.

    Attributes:
        name: Its folder in the cache.
        files: Number of files, folders and links in it.
        bytes: What its files take on a disk.
        digest: SHA-256 of its content (`lab.images.digest`).
        facts: Its manifest: versions, licences, revision.
        licence: What the licences of its content are.
    """

    name: Annotated[str, Field(pattern=f"^{ENTRY_NAME}$")]
    files: Annotated[int, Field(ge=1, le=1_000_000)]
    bytes: Annotated[int, Field(ge=0, le=1 << 50)]
    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    facts: dict[str, Any]
    licence: str

    @property
    def member(self) -> str:
        """The name of its part of the archive."""
        return f"{self.name}{PACKED}"


class Head(_Part):
    """What a bundle says of itself, before anything else in it.

    Attributes:
        format: `FORMAT`.
        created: Time, UTC, ISO 8601.
        revision: Git revision of the project that made it; None outside a work tree.
        dirty: Whether files differed from it.
        settings: Values of hvlab.toml that its content depends on.
        entries: The things in it, in the order in which they come.
    """

    format: int
    created: str
    revision: str | None = None
    dirty: bool | None = None
    settings: dict[str, Any] = {}
    entries: tuple[Entry, ...]


def header(name: str, size: int) -> bytes:
    """Return the tar header of a member."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.GNU_FORMAT)


def padding(size: int) -> bytes:
    """Return the zeros that a member's content is filled up with."""
    return bytes(-size % SECTOR)


def read_head(text: bytes, where: str) -> Head:
    """Read a bundle's head.

    Raises:
        HvlabError: It is not in the form (code `not-a-bundle`), or of another one (`bundle-format`).
    """
    try:
        head = Head.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise HvlabError(
            f"{where} is no bundle of hvlab: {place}: {first['msg']}", "make one: image.export", code="not-a-bundle"
        ) from error
    if head.format != FORMAT:
        raise HvlabError(
            f"{where} has format {head.format}, this hvlab reads {FORMAT}",
            f"check out the revision that made it: {head.revision}",
            code="bundle-format",
        )
    names = [entry.name for entry in head.entries]
    if len(set(names)) != len(names):
        raise HvlabError(f"{where} lists a thing twice", "make it again: image.export", code="not-a-bundle")
    return head


def as_text(value: object) -> bytes:
    """Return a value as the JSON that a bundle has."""
    return (json.dumps(value, indent=1, sort_keys=True) + "\n").encode()
