"""Locks that are files: one holder at a time, or several that share it; the next one fails and names the holder.

The lock ends with the process, however it ends; the file of a killed one still says who held it.
"""

import fcntl
import json
import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from core.errors import HvlabError
from core.parsing import json_value


@dataclass(frozen=True)
class Owner:
    """A command that holds a lock.

    Attributes:
        pid: Its process.
        command: Its command line, as far as the process knows it.
        since: Start time; local time, ISO 8601.
    """

    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"process {self.pid}, {self.command!r}, since {self.since}"


def _ourselves() -> Owner:
    words = ["./invoke" if Path(sys.argv[0]).name == "invoke" else sys.argv[0], *sys.argv[1:]]
    return Owner(os.getpid(), " ".join(words), datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"))


def _open(path: Path, hint: str, *, again: bool = True) -> IO[str]:
    """Open the lock file without changing its content; create its folder.

    Raises:
        HvlabError: The file cannot be opened or created.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
    except FileNotFoundError as error:
        # Another command may have removed the folder in between.
        if again and not path.parent.is_dir():
            return _open(path, hint, again=False)
        raise HvlabError(f"{path} cannot be written: {error.strerror}", hint, code="cannot-write") from error
    except OSError as error:
        raise HvlabError(f"{path} cannot be written: {error.strerror}", hint, code="cannot-write") from error


def _whole_file(kind: int) -> bytes:
    """Return a struct flock of fcntl(2): type, whence, start, length, process; the last word pads it."""
    return struct.pack("hhqqi0q", kind, os.SEEK_SET, 0, 0, 0)


def _try_lock(handle: IO[str], kind: int) -> bool:
    """Try to lock the file until it is closed; return whether that succeeded."""
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, _whole_file(kind))
    except BlockingIOError:
        return False
    return True


def is_locked(handle: IO[str]) -> bool:
    """Return whether a lock file is locked, without locking it."""
    kind, *_ = struct.unpack_from("h", fcntl.fcntl(handle, fcntl.F_OFD_GETLK, _whole_file(fcntl.F_WRLCK)))
    return bool(kind != fcntl.F_UNLCK)


def _is_current(path: Path, handle: IO[str]) -> bool:
    """Return whether an open file still is the one at `path`: a holder that ends removes it."""
    try:
        return path.stat().st_ino == os.fstat(handle.fileno()).st_ino
    except FileNotFoundError:
        return False


def holder(handle: IO[str]) -> str:
    """Return who holds a lock, or held it when it was killed."""
    try:
        return str(Owner(**json_value(handle.read())))
    except (ValueError, TypeError):
        # It got the lock a moment ago and has not written yet.
        return "which has not written its name yet"


@contextmanager
def hold(path: Path, refused: Callable[[str], HvlabError], *, hint: str, shared: bool = False) -> Iterator[None]:
    """Hold a lock in the block.

    Args:
        path: Its file; it and its folder are made if need be. The last holder removes the file.
        refused: Makes the error if another command holds the lock; gets its process, command line and start time.
        hint: What to do if the file cannot be written.
        shared: Let others in that share it, too.

    Raises:
        HvlabError: Another command holds the lock, or the file cannot be written.
    """
    while True:
        with _open(path, hint) as handle:
            if not _try_lock(handle, fcntl.F_RDLCK if shared else fcntl.F_WRLCK):
                raise refused(holder(handle))
            if not _is_current(path, handle):
                continue
            handle.truncate()
            handle.write(json.dumps(asdict(_ourselves())) + "\n")
            handle.flush()
            try:
                yield
            finally:
                # Of several that share it, the last one has it for itself.
                if _try_lock(handle, fcntl.F_WRLCK):
                    path.unlink(missing_ok=True)
            return
