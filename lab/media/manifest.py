"""Which media a guest OS is installed from, where they lie, and whether they are there."""

import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import HvlabError
from core.paths import PROJECT, cache_root

KICKSTARTS = PROJECT / "guest-kickstart"
SUFFIX = ".media.toml"
# In the media folder: the tree below its own name, so that nothing else is served, and what the check of it found.
TREE, CHECKED = "tree", "tree.json"

_SHA256 = r"[0-9a-f]{64}"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class IsoEntry(_Table):
    """An ISO file: path below a mirror's address, and its checksum."""

    path: str
    sha256: str = Field(pattern=f"^{_SHA256}$")


class TreeEntry(_Table):
    """An install tree: path below a mirror's address; repodata's checksum, or "" if no source has one."""

    path: str
    repomd_sha256: str = Field(pattern=f"^({_SHA256})?$")
    files: tuple[str, ...]


class MediaList(_Table):
    """What guest-kickstart/NAME.media.toml says."""

    mirrors: tuple[str, ...] = Field(min_length=1)
    iso: IsoEntry
    tree: TreeEntry


@dataclass(frozen=True)
class Media:
    """Where the media of a guest OS lie; as `media_of` returns it, whether they are there or not.

    Attributes:
        os: Name of the guest OS.
        wanted: What the list asks for.
        folder: Holds all of it; files can be dropped here by hand.
    """

    os: str
    wanted: MediaList
    folder: Path

    @property
    def iso(self) -> Path:
        """The ISO file."""
        return self.folder / Path(self.wanted.iso.path).name

    @property
    def served(self) -> Path:
        """The folder whose content the builder's HTTP server gives out."""
        return self.folder / TREE

    @property
    def tree(self) -> Path:
        """The install tree, under its mirror's path."""
        return self.served / self.wanted.tree.path

    @property
    def checked(self) -> Path:
        """The file that says what the check of the tree found."""
        return self.folder / CHECKED


def media_of(os_name: str, kickstarts: Path = KICKSTARTS) -> Media:
    """Return what a guest OS is installed from.

    Raises:
        HvlabError: If there is no list for it, or the list is not right.
    """
    path = kickstarts / f"{os_name}{SUFFIX}"
    if not path.is_file():
        known = ", ".join(sorted(file.name.removesuffix(SUFFIX) for file in kickstarts.glob(f"*{SUFFIX}")))
        raise HvlabError(
            f"no installation media are listed for {os_name!r}", f"--os can be: {known}", code="unknown-guest-os"
        )
    try:
        wanted = MediaList.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise HvlabError(f"{path}: {str(error).splitlines()[0]}", "restore it with git") from error
    return Media(os_name, wanted, cache_root() / "media" / os_name)


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lacking(media: Media) -> list[str]:
    lacking = [] if media.iso.is_file() else [media.iso.name]
    repomd = media.tree / "repodata/repomd.xml"
    if not repomd.is_file():
        return [*lacking, f"the install tree {TREE}/{media.wanted.tree.path}"]
    try:
        checked = json.loads(media.checked.read_text())
    except (OSError, ValueError):
        checked = {}
    if checked.get("repomd_sha256") != sha256_of(repomd):
        lacking.append("a check of the install tree")
    return lacking


class MediaMissingError(HvlabError):
    """Installation media are not there, or were not checked yet."""

    CODE = "media-missing"


def require_media(os_name: str, kickstarts: Path = KICKSTARTS) -> Media:
    """Return the media of a guest OS, which are all there and were checked.

    The ISO's checksum is computed each time; the tree was checked as a whole by `image.fetch`, since which its list
    of packages did not change.

    Raises:
        MediaMissingError: If something is missing; the hint says how to get it.
        HvlabError: If something is wrong.
    """
    media = media_of(os_name, kickstarts)
    if lacking := _lacking(media):
        raise MediaMissingError(
            f"installation media of {os_name} are missing in {media.folder}: {', '.join(lacking)}",
            f"./invoke image.fetch --os={os_name} downloads them; or put them there by hand: docs/how-to/guests.md",
        )
    found = sha256_of(media.iso)
    if found != media.wanted.iso.sha256:
        raise HvlabError(
            f"{media.iso} has SHA-256 {found}, not {media.wanted.iso.sha256}",
            f"remove it, then ./invoke image.fetch --os={os_name}",
            code="wrong-file",
        )
    return media
