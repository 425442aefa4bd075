"""`measurements.csv` as a table with checked columns: one row per number."""

import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from core.errors import HvlabError
from report.data.names import PROVIDERS, guests_at, is_stage

COLUMNS = ["provider", "repeat", "stage", "guests", "meter", "metric", "value", "unit", "capture"]
UNITS = ("MiB", "KiB", "B", "percent", "s", "count")

_KEY = ["provider", "repeat", "stage", "meter", "metric"]
_HINT = "docs/reference/dataset.md says what each column holds"


def read_measurements(path: Path) -> pd.DataFrame:
    """Read and check a study's numbers.

    Args:
        path: The `measurements.csv`.

    Returns:
        The columns of docs/reference/dataset.md in their order; `repeat` and `guests` are integers, `value` is a float.

    Raises:
        HvlabError: The file is missing or is not in the form of docs/reference/dataset.md; names the line.
    """
    table = _read_text_table(path)
    _check_columns(table, path)
    _check_each(table, path, "provider", lambda text: text in PROVIDERS, f"one of {', '.join(PROVIDERS)}")
    _check_each(table, path, "stage", is_stage, "booting, manager or vm-N")
    _check_each(table, path, "unit", lambda text: text in UNITS, f"one of {', '.join(UNITS)}")
    _check_each(table, path, "repeat", lambda text: _is_count(text) and int(text) > 0, "1, 2, ...")
    _check_each(table, path, "guests", _is_count, "0, 1, 2, ...")
    _check_each(table, path, "value", _is_finite, "a decimal number")
    for column in ("meter", "metric", "capture"):
        _check_each(table, path, column, bool, "a name, not nothing")
    _check_guests(table, path)
    _check_unique(table, path)
    return table.astype({"repeat": int, "guests": int, "value": float})


def _read_text_table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8", index_col=False)
    except FileNotFoundError:
        raise HvlabError(f"no measurements: {path} is missing", "run the study first") from None
    except (pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeDecodeError, OSError) as error:
        reason = str(error).strip().replace("\n", " ")
        raise HvlabError(f"cannot read {path}: {reason}", _HINT) from error


def _check_columns(table: pd.DataFrame, path: Path) -> None:
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise HvlabError(f"{path}: missing column {', '.join(missing)}", _HINT)
    unknown = [str(name) for name in table.columns if name not in COLUMNS]
    if unknown:
        raise HvlabError(f"{path}: unknown column {', '.join(unknown)}", _HINT)


def _check_each(table: pd.DataFrame, path: Path, column: str, holds: Callable[[str], bool], wanted: str) -> None:
    # A row that is too short comes as NaN, whatever keep_default_na says.
    for position, text in enumerate(table[column]):
        if not (isinstance(text, str) and holds(text)):
            shown = text if isinstance(text, str) else ""
            raise HvlabError(f"{path} line {position + 2}: {column} is {shown!r}, not {wanted}", _HINT)


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _is_finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _check_guests(table: pd.DataFrame, path: Path) -> None:
    for position, (stage, guests) in enumerate(zip(table["stage"], table["guests"], strict=True)):
        if guests_at(stage) != int(guests):
            raise HvlabError(f"{path} line {position + 2}: {guests} guests at stage {stage}", _HINT)


def _check_unique(table: pd.DataFrame, path: Path) -> None:
    # A number written twice would count as two repeats in every mean.
    twice = table.duplicated(subset=_KEY).to_numpy().nonzero()[0]
    if len(twice):
        row = table.iloc[int(twice[0])]
        name = " ".join(str(row[column]) for column in _KEY)
        raise HvlabError(f"{path} line {int(twice[0]) + 2}: {name} is there twice", "remove one of the rows")
