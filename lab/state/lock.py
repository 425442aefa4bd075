"""The lock of a lab: one command at a time; the next one fails and names the holder."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import HvlabError
from core.lock import hold, holder, is_locked
from lab.state.processes import tagged_env
from lab.state.state_dir import require_labs

LOCK = "lock"
# Folder, in a lab's, of files that commands make for a while: a killed command's go with the lab.
TEMPORARY = "tmp"
_ELSEWHERE = "set HVLAB_STATE to a folder that you may write to"


class LabLockedError(HvlabError):
    """Another command holds the lab."""

    CODE = "lab-locked"


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
    require_labs(state)

    def refused(by: str) -> LabLockedError:
        return LabLockedError(f"another command uses the lab in {state}: {by}", "wait for it, or end it (kill)")

    with hold(state / LOCK, refused, hint=_ELSEWHERE), tagged_env(state), _temporary_folder(state / TEMPORARY):
        yield


def in_use(state: Path) -> bool:
    """Return whether a command holds the lab of a state folder (see `acquire_lab`)."""
    try:
        with (state / LOCK).open() as handle:
            return is_locked(handle)
    except (FileNotFoundError, NotADirectoryError):
        return False


def killed_owner(state: Path) -> str | None:
    """Return the holder that was killed while it held the lab; None if there is none."""
    try:
        with (state / LOCK).open() as handle:
            return None if is_locked(handle) else holder(handle)
    except (FileNotFoundError, NotADirectoryError):
        return None
