"""Copies a study that comes from somebody else: what its indexes name, and nothing else of its folder.

The folder may hold anything: programs with setuid bits, links to files elsewhere, devices, pipes that nobody writes to,
files without end. Each file is looked at before it is opened, is opened without following a link at any place of its
path, is read up to a limit, and is written as a new file of our own.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from core.errors import HvlabError
from dataset.calibration import CALIBRATION_FILE
from dataset.captures import INDEX_FILE, read_index
from dataset.journal import NAME
from dataset.measurements import MEASUREMENTS_FILE
from dataset.models import STUDY_FILE, StudyInfo, load_study
from study.screenshots import FOLDER

MIB = 1024 * 1024
# A capture has a few KiB, a picture some 100 KiB, a study of a hundred runs some 10 MiB of rows and events.
LARGEST = {STUDY_FILE: 64 * MIB, MEASUREMENTS_FILE: 256 * MIB, NAME: 256 * MIB, CALIBRATION_FILE: 16 * MIB}
LARGEST_INDEX = MIB
LARGEST_CAPTURE = 32 * MIB
MOST_FILES = 100_000
MOST_BYTES = 2048 * MIB

_CHUNK = MIB
_FILE_MODE = 0o644
_DONT_TRUST = "do not trust this study"


def copy_study(source: Path, target: Path) -> StudyInfo:
    """Copy a study's own files and those that the indexes of its finished runs name.

    Args:
        source: The study's folder; it is only read.
        target: The new folder, which is made. Files get mode 0644 and folders 0755, less the umask.

    Returns:
        What study.json says.

    Raises:
        HvlabError: A file that it names is no regular file, belongs to somebody else, or is too large (codes
            `not-a-regular-file`, `foreign-file`, `too-large`), or study.json or an index is not in the form of the
            contract. A file that is missing is left to `study.check`.
        OSError: The copy cannot be written.
    """
    with _Source(source) as files:
        target.mkdir()
        if not files.copy(STUDY_FILE, target, LARGEST[STUDY_FILE]):
            raise HvlabError(
                f"cannot read {source / STUDY_FILE}: there is none",
                "is this a study's folder?",
                code="unreadable-file",
            )
        study = load_study(target)
        for name in (MEASUREMENTS_FILE, NAME, CALIBRATION_FILE):
            files.copy(name, target, LARGEST[name])
        for folder in _folders(study):
            if files.copy(f"{folder}/{INDEX_FILE}", target, LARGEST_INDEX):
                for name in read_index(target / folder / INDEX_FILE):
                    files.copy(f"{folder}/{name}", target, LARGEST_CAPTURE)
    return study


def _folders(study: StudyInfo) -> Iterator[str]:
    """Name the folders that have an index, of each finished run; all parts of these names were checked."""
    for run in study.runs:
        if run.status == "finished":
            yield from (f"runs/{run.name}/captures/{stage}" for stage in study.parameters.stages)
            yield f"runs/{run.name}/{FOLDER}"


class _Source:
    """A folder of somebody else; counts what is copied from it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = self._bytes = 0

    def __enter__(self) -> "_Source":
        try:
            self._root = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise self._unreadable(STUDY_FILE, error) from error
        self._owner = os.fstat(self._root).st_uid
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._root)

    def copy(self, name: str, target: Path, largest: int) -> bool:
        """Copy a file, if it is there; return whether it is.

        Args:
            name: Path in the study; checked, so that it does not lead out by itself.
            target: Folder of the copy.
            largest: Limit of its size, bytes.
        """
        with self._found(name) as found:
            if found is None:
                return False
            self._check(name, os.fstat(found), largest)
            copy = target / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), "wb") as out:
                for content in self._read(name, found, largest):
                    out.write(content)
        return True

    def _read(self, name: str, found: int, largest: int) -> Iterator[bytes]:
        left = largest
        try:
            # The file itself, whatever its name leads to by now.
            with Path(f"/proc/self/fd/{found}").open("rb") as file:
                # It may have grown since.
                while content := file.read(min(_CHUNK, left + 1)):
                    left -= len(content)
                    self._count(name, len(content), left)
                    yield content
        except OSError as error:
            raise self._unreadable(name, error) from error

    @contextmanager
    def _found(self, name: str) -> Iterator[int | None]:
        """Look up a file without opening it: a device or pipe does nothing then; None if there is no such file."""
        opened = [os.dup(self._root)]
        try:
            *folders, file = PurePosixPath(name).parts
            try:
                for part in folders:
                    flags = os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC
                    opened.append(os.open(part, flags, dir_fd=opened[-1]))
                opened.append(os.open(file, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=opened[-1]))
            except FileNotFoundError:
                yield None
                return
            except NotADirectoryError as error:
                raise self._refused(f"{name} does not lie in a folder", "not-a-regular-file") from error
            except OSError as error:
                raise self._unreadable(name, error) from error
            yield opened[-1]
        finally:
            for each in opened:
                os.close(each)

    def _check(self, name: str, status: os.stat_result, largest: int) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise self._refused(f"{name} is no regular file", "not-a-regular-file")
        # A second name of somebody else's file: whoever made it need not be allowed to read it.
        if status.st_nlink > 1 and status.st_uid != self._owner:
            raise self._refused(f"{name} is a link to a file of another user", "foreign-file")
        if status.st_size > largest:
            raise self._refused(f"{name} has more than {largest // MIB} MiB", "too-large")
        self._files += 1
        if self._files > MOST_FILES:
            raise self._refused(f"there are more than {MOST_FILES} files", "too-large")

    def _count(self, name: str, size: int, left: int) -> None:
        self._bytes += size
        if left < 0:
            raise self._refused(f"{name} grew while it was copied", "too-large")
        if self._bytes > MOST_BYTES:
            raise self._refused(f"its files have more than {MOST_BYTES // MIB} MiB", "too-large")

    def _unreadable(self, name: str, error: OSError) -> HvlabError:
        return HvlabError(
            f"cannot read {self._folder / name}: {error.strerror}", "is this a study's folder?", code="unreadable-file"
        )

    def _refused(self, what: str, code: str) -> HvlabError:
        return HvlabError(f"{self._folder}: {what}", _DONT_TRUST, code=code)
