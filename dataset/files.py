"""Files of a dataset: written aside, forced to the disk and renamed; read with errors that name the file."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, PlainSerializer, ValidationError

from core.errors import HvlabError
from core.files import write_atomic


def _utc_text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


UtcTime = Annotated[
    AwareDatetime,
    AfterValidator(lambda moment: moment.astimezone(UTC)),
    PlainSerializer(_utc_text, when_used="json"),
]


HINT = "see docs/reference/dataset.md"


def sha256_of(path: Path) -> str:
    """Compute a file's SHA-256, lower-case hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json_atomic(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON with sorted keys and a newline at its end; the same data gives the same bytes."""
    text = json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomic(path, text.encode())


def read_bytes(path: Path) -> bytes:
    """Read a file of a study.

    Raises:
        HvlabError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise HvlabError(
            f"cannot read {path}: {error.strerror}", "is this a study's folder?", code="unreadable-file"
        ) from error


def parse_json(path: Path) -> Any:
    """Read a JSON file of a study; what it holds is not checked.

    Raises:
        HvlabError: It cannot be read, or is not JSON.
    """
    try:
        return json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise HvlabError(f"{path}: invalid JSON: {error}", HINT) from error


def invalid(path: Path, error: ValidationError) -> HvlabError:
    """Make the one-line error for a file that is not in the form of the contract; names the first place."""
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the file"
    count = error.error_count()
    more = f" (and {count - 1} more)" if count > 1 else ""
    return HvlabError(f"{path}: {where}: {first['msg']}{more}", HINT)
