"""measurements.csv: one row per number. One set of checks for whoever reads or writes it.

Writers and checks use `Measurement` rows; readers that compute use the pandas frame of `read_frame`.
"""

import csv
import io
import math
import re
import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from core.errors import HvlabError
from core.files import write_atomic
from dataset.captures import run_name
from dataset.descriptors import HYPERVISOR_PATTERN, Unit
from dataset.files import HINT, read_bytes
from dataset.paths import in_study, is_inside
from dataset.stages import is_stage, parse_stage

if TYPE_CHECKING:
    import pandas as pd

MEASUREMENTS_FILE = "measurements.csv"
UNITS: tuple[Unit, ...] = get_args(Unit)

_COUNT = re.compile(r"[0-9]{1,9}")
_VALUE = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_HYPERVISOR = re.compile(HYPERVISOR_PATTERN)


@dataclass(frozen=True, slots=True)
class Measurement:
    """A row of measurements.csv: one number, and the capture that it was read from.

    Attributes:
        provider: Name of the hypervisor.
        repeat: Which boot of the lab host under this hypervisor, from 1.
        stage: `booting`, `manager`, `vm-N`, `vm-N+load` or `vm-N+rest`.
        guests: Running guests at that stage: 0, 0 or N.
        meter: Name of the meter.
        metric: Name of the number within the meter.
        value: The number.
        unit: Its unit.
        capture: Path of the raw output, relative to the study's folder.
    """

    provider: str
    repeat: int
    stage: str
    guests: int
    meter: str
    metric: str
    value: int | float
    unit: Unit
    capture: str

    @property
    def key(self) -> tuple[str, int, str, str, str]:
        """What occurs once in a study: provider, repeat, stage, meter, metric."""
        return (self.provider, self.repeat, self.stage, self.meter, self.metric)


COLUMNS = tuple(field.name for field in fields(Measurement))


# Of all CPUs; the tool rounds each share by itself.
_ALL_CPUS = 100.05


class _Checks:
    """The checks of rows, in the order of the file.

    Args:
        hypervisors: Names that column `provider` may have; None: any that has the form of a name.
    """

    def __init__(self, hypervisors: Collection[str] | None) -> None:
        self._hypervisors = hypervisors
        self._seen: set[tuple[str, int, str, str, str]] = set()
        # A study has few different texts in these columns, and very many rows.
        self._good: dict[str, set[str]] = {name: set() for name in COLUMNS}

    def row(self, texts: Sequence[str]) -> Measurement:
        """Return the row that a line's fields make.

        Raises:
            ValueError: It is not in the form of the contract; the message names the column.
        """
        if len(texts) != len(COLUMNS):
            raise ValueError(f"{len(texts)} fields, not {len(COLUMNS)}")
        for column, text in zip(COLUMNS, texts, strict=True):
            good = self._good[column]
            if text not in good:
                self._check(column, text)
                good.add(text)
        provider, repeat, stage, guests, meter, metric, value, unit, capture = texts
        if parse_stage(stage).guests != int(guests):
            raise ValueError(f"{guests} guests at stage {stage}")
        number = float(value) if "." in value else int(value)
        if meter == "mpstat" and unit == "percent" and not 0 <= number <= _ALL_CPUS:
            raise ValueError(f"mpstat {metric} is {value} percent of all CPUs")
        row = Measurement(provider, int(repeat), stage, int(guests), meter, metric, number, cast("Unit", unit), capture)
        if row.key in self._seen:
            # A number written twice would count as two repeats in every mean.
            raise ValueError(f"{' '.join(map(str, row.key))} is there twice")
        self._seen.add(row.key)
        return row

    def _check(self, column: str, text: str) -> None:
        wanted = self._wanted(column, text)
        if wanted:
            raise ValueError(f"{column} is {text!r}, not {wanted}")

    def _wanted(self, column: str, text: str) -> str:
        """Return what a column must hold, if the text is something else; empty if the text is good."""
        match column:
            case "provider" if self._hypervisors is not None:
                good, wanted = text in self._hypervisors, f"one of {', '.join(self._hypervisors)}"
            case "provider":
                good, wanted = _HYPERVISOR.fullmatch(text) is not None, "the name of a hypervisor"
            case "repeat":
                good, wanted = _COUNT.fullmatch(text) is not None and int(text) > 0, "1, 2, ..."
            case "guests":
                good, wanted = _COUNT.fullmatch(text) is not None, "0, 1, 2, ..."
            case "stage":
                good, wanted = is_stage(text), "booting, manager, vm-N, vm-N+load or vm-N+rest"
            case "unit":
                good, wanted = text in UNITS, f"one of {', '.join(UNITS)}"
            case "value":
                good, wanted = _is_decimal(text), "a decimal number"
            case "capture":
                good, wanted = is_inside(text), "a path in the study's folder"
            case _:
                good, wanted = bool(text) and text.isprintable(), "a name"
        return "" if good else wanted


def _is_decimal(text: str) -> bool:
    return _VALUE.fullmatch(text) is not None and math.isfinite(float(text))


def read_measurements(path: Path, hypervisors: Collection[str] | None = None) -> list[Measurement]:
    """Read measurements.csv in its order.

    Args:
        path: The study's folder, or the file itself.
        hypervisors: Names that column `provider` may have; None: any that has the form of a name.

    Raises:
        HvlabError: It is missing or not in the form of the contract; names file and line.
    """
    file = _in_folder(path)
    return list(_rows(file, _Checks(hypervisors)))


def read_frame(path: Path, hypervisors: Collection[str] | None = None) -> "pd.DataFrame":
    """Read measurements.csv as a table.

    Args:
        path: The study's folder, or the file itself.
        hypervisors: Names that column `provider` may have; None: any that has the form of a name.

    Returns:
        The columns of the file in their order; `repeat` and `guests` are integers, `value` is a float, all others
        are text. Row i is line i + 2 of a file without line breaks in fields.

    Raises:
        HvlabError: As `read_measurements`.
    """
    import pandas as pd  # noqa: PLC0415  (takes a second, which commands that only write rows need not spend)

    rows = read_measurements(path, hypervisors)
    table = pd.DataFrame({name: [getattr(row, name) for row in rows] for name in COLUMNS}, columns=list(COLUMNS))
    texts = {name: "str" for name in COLUMNS if name not in ("repeat", "guests", "value")}
    return table.astype({**texts, "repeat": "int64", "guests": "int64", "value": "float64"})


def _rows(file: Path, checks: _Checks) -> Iterator[Measurement]:
    try:
        text = read_bytes(file).decode()
    except UnicodeDecodeError as error:
        raise HvlabError(f"{file}: not UTF-8 at byte {error.start}", HINT, code="invalid-dataset") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        _check_header(next(reader, []))
        for texts in reader:
            yield checks.row(texts)
    except (ValueError, csv.Error) as error:
        raise HvlabError(f"{file}:{max(reader.line_num, 1)}: {error}", HINT, code="invalid-dataset") from error


def _check_header(names: list[str]) -> None:
    if missing := [name for name in COLUMNS if name not in names]:
        raise ValueError(f"missing column {', '.join(missing)}")
    if unknown := [name for name in names if name not in COLUMNS]:
        raise ValueError(f"unknown column {', '.join(map(repr, unknown))}")
    if tuple(names) != COLUMNS:
        raise ValueError(f"the header is not {','.join(COLUMNS)}")


def write_measurements(path: Path, rows: Iterable[Measurement]) -> None:
    """Write measurements.csv, replacing it; the rows keep their order.

    Args:
        path: The study's folder, or the file itself.
        rows: All rows.

    Raises:
        HvlabError: A row is not in the form of the contract, or a number occurs twice. Nothing is written then.
    """
    file = _in_folder(path)
    checks = _Checks(None)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        texts = [value_text(row.value) if name == "value" else str(getattr(row, name)) for name in COLUMNS]
        try:
            checks.row(texts)
        except ValueError as error:
            hint = "./invoke study.resume removes an unfinished run's rows and repeats it"
            raise HvlabError(f"{file}: {error}", hint, code="invalid-measurement") from error
        writer.writerow(texts)
    write_atomic(file, text.getvalue().encode())


def append_measurements(path: Path, rows: Iterable[Measurement]) -> None:
    """Add rows to measurements.csv, which is made if it is missing.

    Raises:
        HvlabError: As `write_measurements`.
    """
    file = _in_folder(path)
    write_measurements(file, [*(read_measurements(file) if file.exists() else []), *rows])


def drop_run(study_dir: Path, provider: str, repeat: int) -> int:
    """Remove the rows and the folder of a run that failed and is begun again; returns how many rows there were.

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
    """Return a number as the dataset has it: decimal, shortest form that reads back the same, no exponent.

    Raises:
        HvlabError: The number is not finite.
    """
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    if not finite:
        raise HvlabError(f"{value} is no measurement", "leave out what could not be read", code="invalid-measurement")
    if isinstance(value, int):
        return str(value)
    text = format(Decimal(repr(value)), "f")
    # From 1e16 on a float has no decimals of its own, and would be read back as an integer.
    return text if "." in text else f"{text}.0"


def _in_folder(path: Path) -> Path:
    return path if path.name == MEASUREMENTS_FILE else in_study(path, MEASUREMENTS_FILE)
