"""Writes files so that a reader finds the old content or the new, never half of it."""

import ctypes
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from core.errors import HvlabError
from core.parsing import json_value

Record = TypeVar("Record")


class DamagedError(HvlabError):
    """A record cannot be read."""

    CODE = "damaged-file"


def write_atomic(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Write a file so that its name always leads to the whole old or the whole new content.

    Args:
        path: The file; its folder is made if need be.
        content: What it is to hold.
        mode: Its permissions, from its first moment on; None: as the umask says.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        aside.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(aside, flags, 0o666 if mode is None else mode), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Bring a folder to the disk: a new name in it is safe only then."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
# Of a file system or a kernel that cannot exchange two names, or only of some folders.
_CANNOT = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EXDEV, errno.EBUSY)


def exchange(one: Path, other: Path) -> None:
    """Exchange two files or folders of one file system in one step: each name always leads to one of both.

    Raises:
        HvlabError: The file system cannot do it (code `no-exchange`).
        OSError: It failed for another reason.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    names = os.fsencode(one), os.fsencode(other)
    if libc.renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _RENAME_EXCHANGE) == 0:
        return
    number = ctypes.get_errno()
    if number in _CANNOT:
        raise HvlabError(
            f"the file system of {other} cannot exchange two folders: {os.strerror(number)}",
            "move the folder to a local file system (ext4, XFS, Btrfs)",
            code="no-exchange",
        )
    raise OSError(number, os.strerror(number), str(other))


def read_record(path: Path, kind: Callable[..., Record]) -> Record | None:
    """Read a record from a JSON file; return None if there is no such file.

    Args:
        path: The file.
        kind: Constructor of the record; gets the file's names and values.

    Raises:
        DamagedError: The file is damaged, or was written by another version of hvlab.
    """
    try:
        return kind(**json_value(path.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        raise DamagedError(f"{path} is damaged: {error}", "./invoke lab.purge ends what it was of") from error
