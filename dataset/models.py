"""The dataset of a study: its models, and how it is read and written. docs/reference/dataset.md is the contract.

Files are written aside, forced to the disk and renamed, so a reader or a crash never meets half a file.
"""

import csv
import io
import math
import re
import shutil
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import HvlabError
from core.files import write_atomic
from dataset.captures import run_name
from dataset.descriptors import Descriptors, HypervisorName, Unit
from dataset.files import UtcTime, invalid, parse_json, read_bytes, sha256_of, write_json_atomic
from dataset.schema1 import upgrade

__all__ = [
    "COLUMNS",
    "Environment",
    "HardwarePart",
    "Measurement",
    "Partition",
    "RunInfo",
    "StageTiming",
    "StudyInfo",
    "Unit",
    "append_measurements",
    "drop_run",
    "load_study",
    "read_measurements",
    "save_study",
    "sha256_of",
    "value_text",
    "write_json_atomic",
    "write_measurements",
]

STUDY_FILE = "study.json"
MEASUREMENTS_FILE = "measurements.csv"
COLUMNS = ("provider", "repeat", "stage", "guests", "meter", "metric", "value", "unit", "capture")

_VALUE = re.compile(r"-?[0-9]+(\.[0-9]+)?")


ProviderName = HypervisorName
StageName = Annotated[str, Field(pattern=r"^(booting|manager|vm-[1-9][0-9]*)$")]


class _Open(BaseModel):
    """A part of study.json; fields of later versions are kept, not dropped."""

    model_config = ConfigDict(extra="allow")


class StageTiming(_Open):
    """How long a stage took, seconds; `settled` is False where the kit gave up waiting for a still host."""

    stage: StageName
    booting_s: float | None = None
    settling_s: float | None = None
    reading_s: float | None = None
    kit_s: float | None = None
    settled: bool | None = None


class RunInfo(_Open):
    """One boot of the lab host taken through all its stages under one provider.

    `suspect`: new kernel errors in the lab host. `factors`: what the lab host showed of them at the last stage
    (study.factors). `origin` and `host`: of a run that was taken on another host, the
    study it comes from and that host's description.
    """

    name: str
    provider: ProviderName
    repeat: Annotated[int, Field(ge=1)]
    status: Literal["planned", "running", "finished", "failed", "interrupted"]
    started: UtcTime | None = None
    ended: UtcTime | None = None
    timings: list[StageTiming] = []
    suspect: list[str] = []
    factors: dict[str, str] = {}
    origin: dict[str, Any] | None = None
    host: dict[str, Any] | None = None


class HardwarePart(_Open):
    """A row of the hardware table."""

    part: str
    value: str


class Partition(_Open):
    """A row of the partition table; `size_gb` as the table gives it."""

    mount: str
    size_gb: float
    purpose: str


class Environment(_Open):
    """Where the study ran.

    `host`: what tells the lab host from other machines, if it is not the nested one.
    """

    kind: Literal["nested", "local", "ssh", "published"]
    host: dict[str, str] = {}
    controller: dict[str, Any] = {}
    hardware: list[HardwarePart] = []
    partitions: list[Partition] = []
    accelerator: str | None = None
    versions: dict[str, str | None] = {}


class StudyInfo(Descriptors):
    """study.json: the parameters, the environment and the runs, and the descriptors of schema 2."""

    schema_version: Literal[1, 2] = Field(default=1, alias="schema")
    id: str
    title: str
    profile: str
    created: UtcTime
    finished: UtcTime | None = None
    parameters: dict[str, Any]
    environment: Environment
    runs: list[RunInfo]
    source: str | None = None
    precision: dict[str, Any] | None = None

    model_config = ConfigDict(extra="allow", frozen=False, validate_by_name=True, serialize_by_alias=True)


class Measurement(BaseModel):
    """A row of measurements.csv: one number, and the capture that it was read from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: ProviderName
    repeat: Annotated[int, Field(ge=1)]
    stage: StageName
    guests: Annotated[int, Field(ge=0)]
    meter: Annotated[str, Field(min_length=1)]
    metric: Annotated[str, Field(min_length=1)]
    value: int | float
    unit: Unit
    capture: Annotated[str, Field(min_length=1)]

    @property
    def key(self) -> tuple[str, int, str, str, str]:
        """What may occur once in a study: provider, repeat, stage, meter, metric."""
        return (self.provider, self.repeat, self.stage, self.meter, self.metric)


def load_study(path: Path) -> StudyInfo:
    """Read study.json.

    Args:
        path: The study's folder, or the file itself.

    Raises:
        HvlabError: It is missing or does not follow the contract.
    """
    file = _in_folder(path, STUDY_FILE)
    try:
        return StudyInfo.model_validate(upgrade(parse_json(file), file))
    except ValidationError as error:
        raise invalid(file, error) from error


def save_study(study_dir: Path, study: StudyInfo) -> None:
    """Write study.json."""
    write_json_atomic(study_dir / STUDY_FILE, study.model_dump(mode="json", exclude_none=False))


def read_measurements(path: Path) -> list[Measurement]:
    """Read measurements.csv in its order.

    Args:
        path: The study's folder, or the file itself.

    Raises:
        HvlabError: It is missing, or a line does not follow the contract; names file and line.
    """
    file = _in_folder(path, MEASUREMENTS_FILE)
    try:
        text = read_bytes(file).decode()
    except UnicodeDecodeError as error:
        raise HvlabError(f"{file}: not UTF-8 at byte {error.start}", "see docs/reference/dataset.md") from error
    reader = csv.reader(io.StringIO(text, newline=""))
    if tuple(next(reader, [])) != COLUMNS:
        raise HvlabError(f"{file}: the header is not {','.join(COLUMNS)}", "see docs/reference/dataset.md")
    return [_row(file, reader.line_num, fields) for fields in reader]


def write_measurements(path: Path, rows: Iterable[Measurement]) -> None:
    """Write measurements.csv, replacing it; the rows keep their order.

    Args:
        path: The study's folder, or the file itself.
        rows: All the rows.

    Raises:
        HvlabError: A number occurs twice, or is not finite.
    """
    file = _in_folder(path, MEASUREMENTS_FILE)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    seen = set()
    for row in rows:
        if row.key in seen:
            raise HvlabError(f"{file}: twice the number {row.key}", "drop_run before a run is taken again")
        seen.add(row.key)
        writer.writerow([value_text(row.value) if name == "value" else getattr(row, name) for name in COLUMNS])
    write_atomic(file, text.getvalue().encode())


def append_measurements(path: Path, rows: Iterable[Measurement]) -> None:
    """Add rows to measurements.csv, which is made if it is missing.

    Raises:
        HvlabError: See `write_measurements`.
    """
    file = _in_folder(path, MEASUREMENTS_FILE)
    write_measurements(file, [*(read_measurements(file) if file.exists() else []), *rows])


def drop_run(study_dir: Path, provider: str, repeat: int) -> int:
    """Remove the rows and the folder of a run that died and is begun again; returns how many rows there were.

    Without this the new run's captures would lie among the old one's.
    """
    file = study_dir / MEASUREMENTS_FILE
    rows = read_measurements(file) if file.exists() else []
    kept = [row for row in rows if (row.provider, row.repeat) != (provider, repeat)]
    if len(kept) < len(rows):
        write_measurements(file, kept)
    folder = study_dir / "runs" / run_name(provider, repeat)
    if folder.exists():
        shutil.rmtree(folder)
    return len(rows) - len(kept)


def value_text(value: int | float) -> str:
    """Write a number as the dataset does: decimal, shortest form that reads back the same, no exponent.

    Raises:
        HvlabError: The number is not finite.
    """
    if not math.isfinite(value):
        raise HvlabError(f"{value} is no measurement", "leave out what could not be read")
    return str(value) if isinstance(value, int) else format(Decimal(repr(value)), "f")


def _in_folder(path: Path, name: str) -> Path:
    return path if path.name == name else path / name


def _row(file: Path, line: int, fields: list[str]) -> Measurement:
    if len(fields) != len(COLUMNS):
        raise HvlabError(f"{file}:{line}: {len(fields)} fields, needs {len(COLUMNS)}", "see docs/reference/dataset.md")
    data: dict[str, Any] = dict(zip(COLUMNS, fields, strict=True))
    text = data["value"]
    if not _VALUE.fullmatch(text):
        raise HvlabError(f"{file}:{line}: value {text!r} is no decimal number", "see docs/reference/dataset.md")
    data["value"] = float(text) if "." in text else int(text)
    try:
        return Measurement.model_validate(data)
    except ValidationError as error:
        raise invalid(file, error, line) from error
