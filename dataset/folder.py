"""A study's folder: it appears whole, one command writes it, and what a crash left in it is cleared away."""

import contextlib
import errno
import os
import re
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path

from core.errors import HvlabError
from core.files import sync_folder
from core.lock import hold, is_locked

_ASIDE = re.compile(r"\.(?:sweep-)?[0-9-]+\.([0-9]+)\.part")


def hold_study(folder: Path, *, shared: bool = False) -> AbstractContextManager[None]:
    """Hold a study's lock in the block; whatever writes into a study's folder holds it.

    The lock is a hidden file beside the folder, so that it stays where it is when the folder is exchanged.

    Args:
        folder: The study's folder; it need not exist.
        shared: Let others in that share it, too: for what writes only files that are made from the study.

    Raises:
        HvlabError: Another command holds it (code `study-in-use`; the message names it), or the folder's parent
            cannot be written.
    """
    real, lock = folder.resolve(), _lock_of(folder)

    def refused(by: str) -> HvlabError:
        return HvlabError(
            f"another command uses the study {real.name}: {by}", "wait for it, or end it (kill)", code="study-in-use"
        )

    hint = f"check the permissions of {real.parent}"
    return hold(lock, refused, hint=hint, shared=shared)


def is_held(folder: Path) -> bool:
    """Return whether a command holds a study's lock (see `hold_study`)."""
    try:
        with _lock_of(folder).open() as handle:
            return is_locked(handle)
    except FileNotFoundError:
        return False


def _lock_of(folder: Path) -> Path:
    real = folder.resolve()
    return real.with_name(f".{real.name}.lock")


def new_folder(root: Path, created: datetime, fill: Callable[[Path, str], None], prefix: str = "") -> Path:
    """Make the folder of a new study or sweep, named after the time.

    Args:
        root: Folder of all studies.
        created: When the study was begun.
        fill: Is given a folder and the study's name, and writes what a study has from its beginning. A crash
            meanwhile leaves no study.
        prefix: Of its name.

    Raises:
        HvlabError: There are too many of the same second.
    """
    base = prefix + created.strftime("%Y%m%d-%H%M%S")
    for name in (base, *(f"{base}-{n}" for n in range(2, 100))):
        if not (root / name).exists():
            return named_folder(root, name, fill)
    raise HvlabError(f"no free name for a study in {root}")


def named_folder(root: Path, name: str, fill: Callable[[Path, str], None]) -> Path:
    """Make a folder of a given name; arguments and what a crash leaves as `new_folder`.

    Raises:
        OSError: There is a folder of that name that is not empty.
    """
    _clear(root)
    aside = root / f".{name}.{os.getpid()}.part"
    aside.mkdir(parents=True)
    try:
        fill(aside, name)
        aside.rename(root / name)
        sync_folder(root)
    finally:
        if aside.exists():
            shutil.rmtree(aside)
    return root / name


def _clear(root: Path) -> None:
    """Remove folders that were never finished, of processes that are no more."""
    for folder in root.glob(".*.part"):
        match = _ASIDE.fullmatch(folder.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            shutil.rmtree(folder)


# Of a file system or file for which a second name is not allowed; a copy does as well.
_NO_SECOND_NAME = (errno.EPERM, errno.ENOTSUP, errno.EMLINK)


def clone(folder: Path, target: Path) -> None:
    """Give a folder's files a second name in a new folder: they stay the same files, with all that they have.

    Whoever changes one in the new folder must write it anew (`write_atomic`), else the first changes, too.

    Raises:
        OSError: It failed; what was made so far is left.
    """
    target.mkdir()
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False):
            clone(Path(entry), target / entry.name)
            continue
        try:
            os.link(entry, target / entry.name, follow_symlinks=False)
        except OSError as error:
            if error.errno not in _NO_SECOND_NAME or not entry.is_file(follow_symlinks=False):
                raise
            shutil.copy2(entry, target / entry.name, follow_symlinks=False)
    status = folder.stat()
    # Whoever may not give a folder away keeps the new one.
    with contextlib.suppress(PermissionError):
        os.chown(target, status.st_uid, status.st_gid)
    shutil.copystat(folder, target)


def clear_parts(study_dir: Path) -> None:
    """Remove files and folders that a crash left half-written; only for a study that nobody else writes to."""
    for path in list(study_dir.rglob(".*.part")):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()


def point(link: Path, target: str) -> None:
    """Make a symbolic link lead elsewhere, in one step."""
    aside = link.with_name(f".{link.name}.new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(target)
    aside.replace(link)
