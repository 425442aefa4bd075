"""Who has a lab: one command at a time, and the next one is told which."""

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
    """Another command has the lab."""

    CODE = "lab-locked"


@dataclass(frozen=True)
class Owner:
    """A command that has a lab.

    Attributes:
        command: As it was typed, as far as the process knows.
        since: Local time, ISO 8601.
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
    """Open the lock's file without changing what another command wrote into it; make its folder.

    Raises:
        HvlabError: It cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), "r+")
    except FileNotFoundError as error:
        # A purge that ends may have removed the folder in between.
        if again and not path.parent.is_dir():
            return _open(path, again=False)
        raise HvlabError(f"{path} cannot be written: {error.strerror}", _ELSEWHERE) from error
    except OSError as error:
        raise HvlabError(f"{path} cannot be written: {error.strerror}", _ELSEWHERE) from error


def _take(handle: IO[str]) -> bool:
    """Take the lock, which ends with the open file; tell whether it could be had."""
    try:
        fcntl.fcntl(handle, fcntl.F_OFD_SETLK, _WHOLE_FILE)
    except BlockingIOError:
        return False
    return True


def _is_taken(handle: IO[str]) -> bool:
    """Tell whether somebody has the lock, without taking it: who asks is in nobody's way."""
    kind, *_ = struct.unpack_from("h", fcntl.fcntl(handle, fcntl.F_OFD_GETLK, _WHOLE_FILE))
    return bool(kind != fcntl.F_UNLCK)


def _is(path: Path, handle: IO[str]) -> bool:
    """Tell whether an open file still is the one of that name: who ends removes it."""
    try:
        return path.stat().st_ino == os.fstat(handle.fileno()).st_ino
    except FileNotFoundError:
        return False


def _told(handle: IO[str]) -> str:
    try:
        return str(Owner(**json.loads(handle.read())))
    except (ValueError, TypeError):
        # It took the lock a moment ago and has not written yet.
        return "which has not told its name yet"


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[None]:
    """Have this process's temporary files in a folder, which goes with all in it in the end."""
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def acquire_lab(state: Path) -> Iterator[None]:
    """Keep two commands from driving one lab; what is started within the block carries the lab's name.

    The lock ends with the process, however it ends; its file then tells who had it.

    Raises:
        LabLockedError: If another command has it; tells its process, what was typed, and since when.
        HvlabError: The folder is not a lab's, or nothing can be written there.
    """
    path = state / LOCK
    require_labs(state)
    while True:
        with _open(path) as handle:
            if not _take(handle):
                raise LabLockedError(
                    f"another command uses the lab in {state}: {_told(handle)}", "wait for it, or end it (kill)"
                )
            if not _is(path, handle):
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
    """Tell whether a command has the lab of a state folder (see `acquire_lab`)."""
    try:
        with (state / LOCK).open() as handle:
            return _is_taken(handle)
    except (FileNotFoundError, NotADirectoryError):
        return False


def killed_owner(state: Path) -> str | None:
    """Return who had the lab and was killed with it, None if nobody was."""
    try:
        with (state / LOCK).open() as handle:
            return None if _is_taken(handle) else _told(handle)
    except (FileNotFoundError, NotADirectoryError):
        return None
