"""calibration.json: what was applied, what each meter saw, and whether that is near enough."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import HvlabError
from dataset.files import UtcTime, invalid, read_bytes, write_json_atomic

CALIBRATION_FILE = "calibration.json"

Place = Literal["host", "guest"]


class Row(BaseModel):
    """One meter's answer to one known step; memory in MiB, CPU in percent.

    Attributes:
        provider: Name of the hypervisor.
        quantity: `memory` or `cpu`.
        step: Name of the step, e.g. `host-memory-256`; also the folder of its captures.
        where: Where the load was.
        applied: What was applied: MiB, or percent of one CPU.
        machine: Where the meter ran.
        meter: The meter.
        metric: What of it.
        can_see: Whether the meter can see such a load.
        known: What the meter must show: 0 for a step that it cannot see.
        seen: What it showed.
        explained: Part of `seen` that is known not to be the load: pages that went to the CPUs' own lists or to the
            kernel's caches meanwhile, or, below 0, came from there.
        error: seen - explained - known.
        tolerance: Of the calibration, in the row's unit.
        resolution: What the tool's own rounding adds to the tolerance; 0: none.
        passed: Whether |error| is at most tolerance + resolution.
        before: Capture before the step, relative to the calibration's folder; None: the load is read in one reading.
        after: Capture with the load.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    quantity: Literal["memory", "cpu"]
    step: str
    where: Place
    applied: float
    machine: Place
    meter: str
    metric: str
    unit: Literal["MiB", "percent"]
    can_see: bool
    known: float
    seen: float
    explained: float
    error: float
    tolerance: float
    resolution: float
    passed: bool
    before: str | None
    after: str


class Given(BaseModel):
    """A CPU load in its own words, percent of one CPU.

    Attributes:
        own_percent: By the process's own clock.
        ticks_percent: All that was not idle meanwhile, by the ticks of the guest's kernel; None for the lab host.
        seconds: Length of the window.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    step: str
    asked_percent: float
    own_percent: float
    ticks_percent: float | None
    seconds: float


class Calibration(BaseModel):
    """calibration.json.

    Attributes:
        image: Key of the lab host's image: a study on the same image can refer to this calibration.
        again: Readings that were repeated, and why: `HYPERVISOR STEP: REASON`.
        versions: Components of the lab host, by provider.
    """

    model_config = ConfigDict(extra="forbid", validate_by_name=True, serialize_by_alias=True)

    schema_version: Literal[1] = Field(default=1, alias="schema")
    id: Annotated[str, Field(min_length=1)]
    created: UtcTime
    finished: UtcTime | None = None
    image: str
    accelerator: str
    guest_os: str
    parameters: dict[str, Any]
    providers: list[str]
    again: list[str] = []
    given: list[Given] = []
    rows: list[Row] = []

    @property
    def failed(self) -> list[Row]:
        """The rows that are off by more than they may be."""
        return [row for row in self.rows if not row.passed]


def save(folder: Path, calibration: Calibration) -> None:
    """Write calibration.json."""
    write_json_atomic(folder / CALIBRATION_FILE, calibration.model_dump(mode="json"))


def load(folder: Path) -> Calibration:
    """Read calibration.json.

    Raises:
        HvlabError: It is missing or damaged.
    """
    file = folder / CALIBRATION_FILE
    try:
        return Calibration.model_validate_json(read_bytes(file))
    except ValidationError as error:
        raise invalid(file, error) from error


def newest(root: Path, image: str, providers: Sequence[str]) -> Path | None:
    """Return the folder of the newest finished calibration on an image; None if there is none.

    Args:
        root: Folder of all calibrations.
        image: Key of the lab host's image.
        providers: Those of which at least one must have been calibrated.
    """
    for folder in sorted((path.parent for path in root.glob("[!.]*/" + CALIBRATION_FILE)), reverse=True):
        try:
            found = load(folder)
        except HvlabError:
            # A file of another version says nothing about this one.
            continue
        if found.finished and found.image == image and set(providers) & set(found.providers):
            return folder
    return None
