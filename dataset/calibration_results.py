"""The part of a study's calibration.json that is printed; other versions of hvlab may have more or less besides."""

import os
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import HvlabError
from dataset.calibration import CALIBRATION_FILE
from dataset.files import invalid, read_bytes
from dataset.paths import in_study


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class Row(_Part):
    """One meter's answer to one known step, as study.calibrate has it (`dataset.calibration.Row`)."""

    provider: str
    quantity: str
    where: str
    applied: float
    machine: str
    meter: str
    metric: str
    unit: str
    can_see: bool
    seen: float
    error: float
    tolerance: float
    resolution: float
    passed: bool


class Results(_Part):
    """A calibration's name, time, repeated readings and rows."""

    id: str
    created: datetime
    again: tuple[str, ...] = ()
    rows: tuple[Row, ...]


def load_results(study_dir: Path) -> Results | None:
    """Read a study's calibration; None if it has none.

    Raises:
        HvlabError: The file cannot be read or is damaged.
    """
    path = in_study(study_dir, CALIBRATION_FILE)
    if not os.path.lexists(path):
        return None
    try:
        return Results.model_validate_json(read_bytes(path))
    except ValidationError as error:
        raise HvlabError(
            invalid(path, error).message, "see docs/reference/calibration.md", code="invalid-dataset"
        ) from error
