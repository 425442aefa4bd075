"""Paths that a study's files name: each is relative to the study's folder and never leads out of it.

A study may come from somebody else. Whatever reads a file that measurements.csv, study.json or an index names asks
`in_study` for its path.
"""

import os
import re
from pathlib import Path, PurePosixPath

from core.errors import HvlabError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Of Linux: longer names are errors there, of several kinds.
_LONGEST_NAME = 255
_LONGEST_PATH = 2048


def is_inside(path: str) -> bool:
    """Return whether a text is a relative path without `..` and without control characters; asks no file system.

    A path that no file can have, because it is too long or is not Unicode, is none.
    """
    try:
        whole = path.encode()
    except UnicodeEncodeError:
        return False
    parts = PurePosixPath(path).parts
    return (
        bool(parts)
        and not path.startswith("/")
        and ".." not in parts
        and not _CONTROL.search(path)
        and len(whole) <= _LONGEST_PATH
        and all(len(part.encode()) <= _LONGEST_NAME for part in parts)
    )


def is_file_name(name: str) -> bool:
    """Return whether a text is the name of a file in a folder: one part, not `.` or `..`."""
    return "/" not in name and is_inside(name)


def in_study(folder: Path, path: str) -> Path:
    """Return the path of a study's file.

    Args:
        folder: The study's folder; it may be a symbolic link itself.
        path: Path relative to it, as a file of the study names it. The file need not exist.

    Raises:
        HvlabError: It leads out of the folder (code `leads-out`): by `..`, as an absolute path or through a symbolic
            link.
    """
    if not is_inside(path) or not _stays(folder, path):
        raise HvlabError(
            f"{folder}: the path {path[:_LONGEST_NAME]!r} leads out of the study's folder",
            "do not trust this study",
            code="leads-out",
        )
    return folder / path


def _stays(folder: Path, path: str) -> bool:
    # Not Path.resolve, which has errors of its own for links that lead to each other.
    real = Path(os.path.realpath(folder / path))
    return real.is_relative_to(os.path.realpath(folder))
