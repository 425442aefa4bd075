"""Why an installation from Debian's archive failed, as apt says it: the archive has moved on."""

import re
from pathlib import Path

from core.errors import HvlabError

# What apt(8) of Debian 12 to sid prints. A name is a package's.
_NAME = r"(?P<name>[a-z0-9][a-z0-9+.-]*)"
_GONE = (
    rf"^E: Unable to locate package {_NAME}",
    rf"^E: Package '?{_NAME}'? has no installation candidate",
    rf"^E: Version '[^']*' for '{_NAME}' was not found",
    rf"^E: Unable to find a source package for {_NAME}",
    rf"Depends: {_NAME}(?::\w+)?(?: \([^)]*\))? but it is not installable",
    # The lists are of another day than the archive's files.
    rf"^E: Failed to fetch \S+/{_NAME}_[^/\s]+\s+404\b",
)
_NO_RELEASE = (
    r"^E: The repository '(?P<name>[^']*)' (?:does not have|no longer has) a Release file",
    r"^E: Failed to fetch (?P<name>\S+/(?:In)?Release(?:\.gpg)?)\s+404\b",
)
_EXPIRED = r"^E: Release file for (?P<name>\S+) is expired"
_SHOWN = 5


class ArchiveMovedError(HvlabError):
    """Debian's archive does not have what a recipe asks for, or no longer."""

    CODE = "archive-moved"


def moved(text: str, what: str, log: Path) -> HvlabError | None:
    """Explain a failed installation.

    Args:
        text: What apt printed.
        what: The purpose, for the message.
        log: File with the same, for the hint.

    Returns:
        The error, which names the packages; None if the archive is not the reason.
    """
    bundle = f"take the images from a bundle: ./invoke image.import FILE; or {_OTHER_DAY}; see {log}"
    if lists := _names((_EXPIRED,), text):
        return ArchiveMovedError(f"{what}: the mirror's list {lists[0]} is no longer valid, it is of another day",
                                 f"if that is what you want, {_OTHER_DAY}; see {log}")  # fmt: skip
    if packages := _names(_GONE, text):
        names = ", ".join(packages[:_SHOWN]) + (f" and {rest} more" if (rest := len(packages) - _SHOWN) > 0 else "")
        return ArchiveMovedError(f"{what}: the archive does not have {names}", bundle)
    if lists := _names(_NO_RELEASE, text):
        return ArchiveMovedError(f"{what}: the archive does not have {lists[0]}", bundle)
    return None


_OTHER_DAY = "name a mirror of another day (docs/how-to/releases.md)"


def _names(patterns: tuple[str, ...], text: str) -> list[str]:
    """Return what the patterns name, each once, in the order of the patterns."""
    found = (match["name"] for pattern in patterns for match in re.finditer(pattern, text, re.MULTILINE))
    return list(dict.fromkeys(found))
