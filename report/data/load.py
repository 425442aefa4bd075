"""From a study's folder to a checked dataset; from a study's name to its folder."""

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import ValidationError

from core.errors import HvlabError
from dataset.schema1 import upgrade
from report.data.measurements import read_measurements
from report.data.names import PROVIDERS, is_stage
from report.data.studyinfo import Study

LATEST = "latest"


@dataclass(frozen=True)
class Dataset:
    """A study: `study.json` and `measurements.csv` of one folder."""

    folder: Path
    study: Study
    measurements: pd.DataFrame


def load(folder: Path) -> Dataset:
    """Read a study's folder.

    Args:
        folder: A folder in the form of docs/reference/dataset.md.

    Returns:
        The checked dataset.

    Raises:
        HvlabError: A file is missing or not in the form of docs/reference/dataset.md.
    """
    return Dataset(folder, _read_study(folder / "study.json"), read_measurements(folder / "measurements.csv"))


def find_study(root: Path, study_id: str | None) -> Path:
    """Resolve a study's name to its folder.

    Args:
        root: The project's folder, with `studies/` and `reference/`.
        study_id: A name under `studies/`, else under `reference/`; None or "latest" for the newest
            finished study.

    Returns:
        The study's folder.

    Raises:
        HvlabError: There is no such study; the message lists those there are.
    """
    if study_id is None or study_id == LATEST:
        latest = root / "studies" / LATEST
        if (latest / "study.json").is_file():
            return latest.resolve()
        raise HvlabError("no finished study yet", _what_there_is(root), code="no-study")
    for parent in ("studies", "reference"):
        # Only a plain name: "../x" or "/x" would leave the two folders.
        if Path(study_id).name == study_id and (root / parent / study_id / "study.json").is_file():
            return root / parent / study_id
    raise HvlabError(f"no study {study_id!r}", _what_there_is(root), code="no-study")


def _what_there_is(root: Path) -> str:
    found = [
        path.parent.name
        for parent in ("studies", "reference")
        for path in sorted((root / parent).glob("*/study.json"))
        if path.parent.name != LATEST
    ]
    return f"there is: {', '.join(found)}" if found else "make one with ./invoke study.all"


def _read_study(path: Path) -> Study:
    try:
        study = Study.model_validate(upgrade(_parse(path), path))
    except FileNotFoundError:
        raise HvlabError(f"not a study: {path} is missing", "give the folder of a study") from None
    except OSError as error:
        raise HvlabError(f"cannot read {path}: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise HvlabError(f"{path}: {where}: {first['msg']}", "docs/reference/dataset.md says what it holds") from error
    _check_names(path, "provider", [*study.parameters.providers, *(run.provider for run in study.runs)])
    _check_stages(path, study)
    return study


def _parse(path: Path) -> object:
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise HvlabError(f"{path}: Invalid JSON: {error}", "docs/reference/dataset.md says what it holds") from error


def _check_names(path: Path, what: str, names: list[str]) -> None:
    for name in names:
        if name not in PROVIDERS:
            raise HvlabError(f"{path}: unknown {what} {name!r}", f"one of {', '.join(PROVIDERS)}")


def _check_stages(path: Path, study: Study) -> None:
    for stage in [*study.parameters.stages, *(timing.stage for run in study.runs for timing in run.timings)]:
        if not is_stage(stage):
            raise HvlabError(f"{path}: unknown stage {stage!r}", "booting, manager or vm-N")
