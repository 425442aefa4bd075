"""Files of a dataset: written aside, forced to the disk and renamed; read with errors that name the file."""

import errno
import hashlib
import json
import math
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, PlainSerializer, ValidationError

from core.errors import HvlabError
from core.files import write_atomic
from core.parsing import json_value


def _utc_text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{moment} is not in the years 1 to 9999 of UTC") from error


UtcTime = Annotated[
    AwareDatetime,
    AfterValidator(_in_utc),
    PlainSerializer(_utc_text, when_used="json"),
]


HINT = "see docs/reference/dataset.md"


def sha256_of(path: Path) -> str:
    """Compute the SHA-256 of a file of a study, lower-case hexadecimal; errors as `read_bytes`."""
    with _opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json_atomic(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON with sorted keys and a newline at its end; the same data gives the same bytes."""
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomic(path, text.encode())


def read_bytes(path: Path) -> bytes:
    """Read a file of a study; a link, a pipe or a device is none. `dataset.paths.in_study` gives its path.

    Raises:
        HvlabError: It cannot be read (code `unreadable-file`), or is no regular file (`not-a-regular-file`).
    """
    with _opened(path) as file:
        return file.read()


@contextmanager
def _opened(path: Path) -> Iterator[BufferedReader]:
    try:
        # Without waiting for somebody who writes to a pipe.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _not_regular(path)
            yield file
    except OSError as error:
        # A link, or a socket.
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise _not_regular(path) from error
        raise HvlabError(
            f"cannot read {path}: {error.strerror}", "is this a study's folder?", code="unreadable-file"
        ) from error


def _not_regular(path: Path) -> HvlabError:
    return HvlabError(f"{path} is no regular file", "do not trust this study", code="not-a-regular-file")


def parse_json(path: Path) -> Any:
    """Read a JSON file of a study; what it holds is not checked.

    Raises:
        HvlabError: It cannot be read, or is not JSON.
    """
    try:
        return finite_json(read_bytes(path))
    except ValueError as error:
        raise HvlabError(f"{path}: invalid JSON: {error}", HINT, code="invalid-dataset") from error


def finite_json(text: bytes) -> Any:
    """Return what a JSON text holds.

    Raises:
        ValueError: It is not JSON, is nested too deeply, or has a number that is not finite.
    """
    return json_value(text, number=_finite)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number")
    return number


def invalid(path: Path, error: ValidationError) -> HvlabError:
    """Make the one-line error for a file that is not in the form of the contract; names the first place."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the file"
    count = error.error_count()
    more = f" (and {count - 1} more)" if count > 1 else ""
    return HvlabError(f"{path}: {where}: {first['msg']}{more}", HINT, code="invalid-dataset")
