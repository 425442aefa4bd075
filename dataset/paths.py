"""Paths that a study's files name: each is relative to the study's folder and never leads out of it.

A study may come from somebody else. Whatever reads a file that measurements.csv, study.json or an index names asks
`in_study` for its path.
"""

import re
from pathlib import Path, PurePosixPath

from core.errors import HvlabError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_inside(path: str) -> bool:
    """Return whether a text is a relative path without `..` and without control characters; asks no file system."""
    parts = PurePosixPath(path)
    return bool(parts.parts) and not parts.is_absolute() and ".." not in parts.parts and not _CONTROL.search(path)


def is_file_name(name: str) -> bool:
    """Return whether a text is the name of a file in a folder: one part, not `.` or `..`."""
    return "/" not in name and is_inside(name)


def in_study(folder: Path, path: str) -> Path:
    """Return the path of a study's file.

    Args:
        folder: The study's folder; it may be a symbolic link itself.
        path: Path relative to it, as a file of the study names it. The file need not exist.

    Raises:
        HvlabError: It leads out of the folder: by `..`, as an absolute path or through a symbolic link.
    """
    file = folder / path
    if not is_inside(path) or not file.resolve().is_relative_to(folder.resolve()):
        raise HvlabError(f"{folder}: the path {path!r} leads out of the study's folder", "do not trust this study")
    return file
