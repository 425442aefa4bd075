"""The lock of a lab: one command at a time; the next one fails and names the holder."""

import fcntl
import json
import os
import shutil
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from core.errors import HvlabError
from lab.state.processes import tagged_env
from lab.state.state_dir import require_labs

LOCK = "lock"
# Folder, in a lab's, of files that commands make for a while: a killed command's go with the lab.
TEMPORARY = "tmp"
# struct flock of fcntl(2): type, whence, start, length, process; the last word pads it.
_WHOLE_FILE = struct.pack("hhqqi0q", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
_ELSEWHERE = "set HVLAB_STATE to a folder that you may write to"


class LabLockedError(HvlabError):
    """Another command holds the lab."""

    CODE = "lab-locked"


@dataclass(frozen=True)
class Owner:
    """A command that holds a lab.

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


def _open(path: Path, *, again: bool = True) -> IO[str]:
    """Open the lock file without changing its content; create its folder.

    Raises:
        HvlabError: The file cannot be opened or created.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
    except FileNotFoundError as error:
        # A purge may have removed the folder in between.
        if again and not path.parent.is_dir():
            return _open(path, again=False)
        raise HvlabError(f"{path} cannot be written: {error.strerror}", _ELSEWHERE) from error
    except OSError as error:
        raise HvlabError(f"{path} cannot be written: {error.strerror}", _ELSEWHERE) from error


def _try_lock(handle: IO[str]) -> bool:
    """Try to lock the file until it is closed; return whether that succeeded."""
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, _WHOLE_FILE)
    except BlockingIOError:
        return False
    return True


def _is_locked(handle: IO[str]) -> bool:
    """Return whether the file is locked, without locking it."""
    kind, *_ = struct.unpack_from("h", fcntl.fcntl(handle, fcntl.F_OFD_GETLK, _WHOLE_FILE))
    return bool(kind != fcntl.F_UNLCK)


def _is_current(path: Path, handle: IO[str]) -> bool:
    """Return whether an open file still is the one at `path`: a holder that ends removes it."""
    try:
        return path.stat().st_ino == os.fstat(handle.fileno()).st_ino
    except FileNotFoundError:
        return False


def _holder(handle: IO[str]) -> str:
    try:
        return str(Owner(**json.loads(handle.read())))
    except (ValueError, TypeError):
        # It got the lock a moment ago and has not written yet.
        return "which has not written its name yet"


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[None]:
    """Put this process's temporary files into a folder, which is removed with its content at the end."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def acquire_lab(state: Path) -> Iterator[None]:
    """Hold a lab's lock in the block; processes that are started in it are tagged with the lab's name.

    The lock ends with the process, however it ends; its file then says who held it.

    Raises:
        LabLockedError: Another command holds it; the message has its process, command line and start time.
        HvlabError: The folder is not a lab's, or cannot be written.
    """
    path = state / LOCK
    require_labs(state)
    while True:
        with _open(path) as handle:
            if not _try_lock(handle):
                raise LabLockedError(
                    f"another command uses the lab in {state}: {_holder(handle)}", "wait for it, or end it (kill)"
                )
            if not _is_current(path, handle):
                continue
            handle.truncate()
            handle.write(json.dumps(asdict(_ourselves())) + "\n")
            handle.flush()
            try:
                with tagged_env(state), _temporary_folder(state / TEMPORARY):
                    yield
            finally:
                path.unlink(missing_ok=True)
            return


def in_use(state: Path) -> bool:
    """Return whether a command holds the lab of a state folder (see `acquire_lab`)."""
    try:
        with (state / LOCK).open() as handle:
            return _is_locked(handle)
    except (FileNotFoundError, NotADirectoryError):
        return False


def killed_owner(state: Path) -> str | None:
    """Return the holder that was killed while it held the lab; None if there is none."""
    try:
        with (state / LOCK).open() as handle:
            return None if _is_locked(handle) else _holder(handle)
    except (FileNotFoundError, NotADirectoryError):
        return None
