"""An install tree as Red Hat's installer of that time reads it, and what its own repodata says of its files.

repodata/repomd.xml names the package lists with their checksums, the list "primary" names every package with its
checksum. Nothing signs repomd.xml, so this shows what is damaged or missing; who forged it all stays unseen, unless
the media list has the checksum of repomd.xml.
"""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from core.errors import HvlabError
from lab.media.download import Checksum

REPOMD = "repodata/repomd.xml"
_REPO = "{http://linux.duke.edu/metadata/repo}"
_COMMON = "{http://linux.duke.edu/metadata/common}"
# createrepo of 2010 says "sha" and means SHA-1.
_ALGORITHMS = {"sha": "sha1", "sha1": "sha1", "sha256": "sha256"}


@dataclass(frozen=True)
class TreeFile:
    """A file of the tree.

    Attributes:
        path: Below the tree's top.
        checksum: What its content must be.
        size: Bytes; 0 where the repodata has none.
    """

    path: str
    checksum: Checksum
    size: int = 0


def _file(entry: ElementTree.Element, space: str) -> TreeFile:
    location, checksum = entry.find(f"{space}location"), entry.find(f"{space}checksum")
    if location is None or checksum is None or not checksum.text:
        raise HvlabError("the tree's repodata has an entry without a place or a checksum", "fetch the tree again")
    path, kind = location.get("href", ""), checksum.get("type", "")
    if kind not in _ALGORITHMS:
        raise HvlabError(
            f"the tree's repodata has a checksum of the unknown kind {kind!r}",
            "fetch the tree again",
            code="invalid-tree",
        )
    if not path or path.startswith("/") or ".." in Path(path).parts:
        raise HvlabError(
            f"the tree's repodata names {path!r}, which is outside the tree", "use another mirror", code="invalid-tree"
        )
    size = entry.find(f"{space}size")
    return TreeFile(
        path, Checksum(_ALGORITHMS[kind], checksum.text), int(size.get("package", 0)) if size is not None else 0
    )


def package_lists(repomd: bytes) -> dict[str, TreeFile]:
    """Return the package lists that a repomd.xml names, by their kind: "primary", "filelists", "group", ...

    Raises:
        HvlabError: If it cannot be read, or has no primary list.
    """
    try:
        top = ElementTree.fromstring(repomd)
        found = {entry.get("type", ""): _file(entry, _REPO) for entry in top.iter(f"{_REPO}data")}
    except ElementTree.ParseError as error:
        raise HvlabError(
            f"the tree's {REPOMD} is no XML: {error}", "remove it and fetch the tree again", code="invalid-tree"
        ) from error
    if "primary" not in found:
        raise HvlabError(
            f"the tree's {REPOMD} names no list of packages", "remove it and fetch the tree again", code="invalid-tree"
        )
    return found


def packages(primary: Path) -> Iterator[TreeFile]:
    """Yield the packages that the primary list (gzip) names.

    Raises:
        HvlabError: If it cannot be read.
    """
    try:
        with gzip.open(primary) as file:
            for _, entry in ElementTree.iterparse(file):
                if entry.tag == f"{_COMMON}package":
                    yield _file(entry, _COMMON)
                    entry.clear()
    except (OSError, EOFError, ElementTree.ParseError) as error:
        raise HvlabError(
            f"{primary} cannot be read: {error}", "remove it and fetch the tree again", code="invalid-tree"
        ) from error
