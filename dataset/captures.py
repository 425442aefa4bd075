"""Captures: the meters' raw outputs, which are kept for good, and the index of how each was made."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from core.errors import HvlabError
from core.files import write_atomic
from dataset.files import UtcTime, invalid, read_bytes, sha256_of, write_json_atomic
from dataset.paths import in_study, is_file_name

INDEX_FILE = "index.json"


class CaptureInfo(BaseModel):
    """A capture's entry in its stage's index.json: how it was made, and its digest."""

    model_config = ConfigDict(extra="forbid")

    command: str
    exit_status: int
    started: UtcTime
    seconds: float
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    # How many ends of lines the output has; None: it was taken before they were counted.
    lines: Annotated[int, Field(ge=0)] | None = None


def _file_name(name: str) -> str:
    if not is_file_name(name):
        raise ValueError(f"{name!r} is not the name of a file")
    return name


_INDEX: TypeAdapter[dict[str, CaptureInfo]] = TypeAdapter(dict[Annotated[str, AfterValidator(_file_name)], CaptureInfo])


def run_name(provider: str, repeat: int) -> str:
    """Name a run as its folder is named, PROVIDER-01."""
    return f"{provider}-{repeat:02d}"


def capture_path(provider: str, repeat: int, stage: str, name: str) -> str:
    """Give a capture's path relative to the study's folder, as column `capture` holds it."""
    return f"runs/{run_name(provider, repeat)}/captures/{stage}/{name}.txt"


def capture_text(output: bytes) -> str:
    """Return a capture's bytes as the text that is read when it is taken, checked and shown.

    A byte that is not UTF-8 becomes U+FFFD; line ends stay as they are.
    """
    return output.decode(errors="replace")


@dataclass(frozen=True)
class RawCapture:
    """An output as it came, with how it was made.

    Attributes:
        path: Where it belongs, relative to the study's folder; see `capture_path`.
        output: The command's standard output, untouched.
        command: The command line that was run on the lab host.
        exit_status: Its exit status.
        started: When it was started, with a time zone.
        seconds: How long it took.
    """

    path: str
    output: bytes
    command: str
    exit_status: int
    started: datetime
    seconds: float

    def entry(self) -> CaptureInfo:
        """Return its entry in the index."""
        return CaptureInfo(
            command=self.command,
            exit_status=self.exit_status,
            started=self.started,
            seconds=round(self.seconds, 3),
            sha256=hashlib.sha256(self.output).hexdigest(),
            lines=self.output.count(b"\n"),
        )


def write_captures(study_dir: Path, captures: Iterable[RawCapture]) -> None:
    """Keep raw outputs, and then enter those of each stage into its index.json at once."""
    entries: dict[Path, dict[str, CaptureInfo]] = {}
    for capture in captures:
        file = in_study(study_dir, capture.path)
        write_atomic(file, capture.output)
        entries.setdefault(file.parent / INDEX_FILE, {})[file.name] = capture.entry()
    for index, new in entries.items():
        known = read_index(index) if index.exists() else {}
        write_json_atomic(index, _INDEX.dump_python({**known, **new}, mode="json", exclude_none=True))


def write_capture(
    study_dir: Path,
    capture: str,
    output: bytes,
    *,
    command: str,
    exit_status: int,
    started: datetime,
    seconds: float,
) -> CaptureInfo:
    """Keep one raw output, see `RawCapture`, enter it into its stage's index.json, and return its entry."""
    raw = RawCapture(capture, output, command, exit_status, started, seconds)
    write_captures(study_dir, [raw])
    return raw.entry()


def read_index(path: Path) -> dict[str, CaptureInfo]:
    """Read a stage's index.json: file name to how the capture was made.

    Raises:
        HvlabError: It is missing or damaged.
    """
    try:
        return _INDEX.validate_json(read_bytes(path))
    except ValidationError as error:
        raise invalid(path, error) from error


def check_index(study_dir: Path, folder: Path, wanted: Collection[str] = ()) -> list[str]:
    """Compare the files of a folder with its index.json: no file too many, none missing, none changed.

    Args:
        study_dir: The study's folder; problems name files relative to it.
        folder: The folder.
        wanted: Files that must exist, even if the index does not list them.

    Returns:
        What is wrong, one line each.
    """
    name = folder.relative_to(study_dir)
    try:
        index = read_index(in_study(study_dir, f"{name}/{INDEX_FILE}"))
    except HvlabError as error:
        return [f"{name}: {error.message}"]
    # Hidden files are writes that were cut off; what they were to become is missing or older.
    files = {path.name for path in folder.iterdir() if path.name != INDEX_FILE and path.name[0] != "."}
    problems = [f"{name}/{extra}: not in {INDEX_FILE}" for extra in sorted(files - index.keys())]
    problems += [f"{name}/{lost}: missing" for lost in sorted((set(wanted) | index.keys()) - files)]
    for file in sorted(files & index.keys()):
        problems += _changes(folder / file, f"{name}/{file}", index[file].sha256)
    return problems


def _changes(file: Path, name: str, sha256: str) -> list[str]:
    try:
        changed = sha256_of(file) != sha256
    except HvlabError as error:
        return [f"{name}: {error.message}"]
    return [f"{name}: changed since it was taken (SHA-256)"] if changed else []
