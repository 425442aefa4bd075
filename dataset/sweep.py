"""sweep.json: what varies between the studies of a sweep, and which study belongs to which of its cells.

A sweep is a folder `studies/sweep-DATE-TIME` with sweep.json and one study for each cell, in the form of any other
study, in `studies/`. docs/reference/dataset.md is the contract.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, ValidationError, model_validator

from core.errors import HvlabError
from dataset.descriptors import Title
from dataset.files import UtcTime, invalid, parse_json, write_json_atomic
from dataset.models import Part
from dataset.paths import in_study, is_file_name

SWEEP_FILE = "sweep.json"
STUDIES_FOLDER = "studies"
PROVIDERS = "study.providers"
"""The axis whose values are names of hypervisors: a cell's study has that one."""

Level = bool | int | float | str
"""A value of an axis."""
Design = Literal["factorial", "one-at-a-time", "list"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def same_level(one: Level, other: Level) -> bool:
    """Return whether two values are the same; `true` is not 1, which Python takes it for."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


class Axis(Part):
    """One parameter that varies.

    Attributes:
        parameter: Its name, `TABLE.NAME` as in hvlab.toml.
        title: Its name in print, English.
        unit: Of its values, in print; empty: none.
        levels: Its values. The first one is what the others are compared with.
    """

    parameter: Title
    title: Title
    unit: str = ""
    levels: tuple[Level, ...] = Field(min_length=1)


class Cell(Part):
    """One combination of values, and its study.

    Attributes:
        number: 1, 2, ... in the order of the file that describes the sweep.
        values: The value of each axis, by its parameter.
        study: Name of its study, a folder in `studies/`, which is there once the study was begun.
        sha256: Digest of the finished study (`dataset.sweep_digest.study_digest`); None: it is not finished.
    """

    number: Annotated[int, Field(ge=1)]
    values: dict[str, Level]
    study: Title
    sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _study_is_a_folder(self) -> Self:
        if not is_file_name(self.study):
            raise ValueError(f"study {self.study!r} is no name of a folder")
        return self


class SweepInfo(Part):
    """sweep.json, schema 1.

    Attributes:
        id: Name of the sweep, which is also its folder's.
        title: Title of its report.
        created: When it was begun.
        finished: When its last study was finished; None: it is not.
        design: All combinations, one axis at a time beside the first values, or a stated list.
        axes: What varies.
        seed: Of the order in which the cells are run, and of the orders within their studies.
        repeats: Boots of the lab host of each cell under each hypervisor; the least number with a precision.
        precision_mib: Wanted half-width of the cost per guest in each cell, MiB; None: the repeats are fixed.
        settings: All settings, as hvlab.toml has them; a cell's values go before them.
        file_sha256: Digest of what the file says that describes the sweep, however it is laid out.
        cells: All cells, in the order of `number`.
        order: Numbers of the cells, in the order in which their first repeats are run.
    """

    model_config = ConfigDict(extra="allow", validate_by_name=True, serialize_by_alias=True)

    schema_version: Literal[1] = Field(default=1, alias="schema")
    id: Title
    title: Title
    created: UtcTime
    finished: UtcTime | None = None
    design: Design
    axes: tuple[Axis, ...] = Field(min_length=1)
    seed: int
    repeats: Annotated[int, Field(ge=1)]
    precision_mib: float | None = None
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    file_sha256: Sha256
    cells: tuple[Cell, ...] = Field(min_length=1)
    order: tuple[int, ...]

    @model_validator(mode="after")
    def _cells_are_on_the_axes(self) -> Self:
        names = [axis.parameter for axis in self.axes]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"axis {twice[0]} is there twice")
        if [cell.number for cell in self.cells] != list(range(1, len(self.cells) + 1)):
            raise ValueError("the cells are not numbered from 1 on")
        if sorted(self.order) != [cell.number for cell in self.cells]:
            raise ValueError("order does not name each cell once")
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        seen: dict[tuple[object, ...], int] = {}
        studies = [cell.study for cell in self.cells]
        for cell in self.cells:
            for axis in self.axes:
                value = cell.values.get(axis.parameter)
                if value is None or not any(same_level(value, each) for each in axis.levels):
                    yield f"cell {cell.number} has no value of axis {axis.parameter}"
            if studies.count(cell.study) > 1:
                yield f"study {cell.study} belongs to two cells"
            key = tuple((type(it) is bool, it) for it in (cell.values.get(axis.parameter) for axis in self.axes))
            if key in seen:
                yield f"cells {seen[key]} and {cell.number} are the same"
            seen[key] = cell.number

    def axis(self, parameter: str) -> Axis | None:
        """Return the axis of a parameter; None if it does not vary."""
        return next((axis for axis in self.axes if axis.parameter == parameter), None)

    @property
    def left(self) -> tuple[Cell, ...]:
        """The cells that are not finished, in the order in which they are run."""
        return tuple(cell for number in self.order if (cell := self.cells[number - 1]).sha256 is None)

    @property
    def dated(self) -> datetime:
        """The date of the report: when the sweep was finished, else when it was begun; never the clock."""
        return self.finished or self.created


def load_sweep_info(folder: Path) -> SweepInfo:
    """Read sweep.json.

    Args:
        folder: The sweep's folder.

    Raises:
        HvlabError: It is missing or not in the form of the contract.
    """
    file = in_study(folder, SWEEP_FILE)
    try:
        return SweepInfo.model_validate(parse_json(file))
    except ValidationError as error:
        raise invalid(file, error) from error


def save_sweep_info(folder: Path, info: SweepInfo) -> None:
    """Write sweep.json."""
    write_json_atomic(folder / SWEEP_FILE, info.model_dump(mode="json"))


def study_folder(folder: Path, cell: Cell) -> Path:
    """Return the folder of a cell's study; it is not there before the study was begun.

    Raises:
        HvlabError: It leads out of the sweep's folder.
    """
    return in_study(folder, f"{STUDIES_FOLDER}/{cell.study}")


def is_sweep(folder: Path) -> bool:
    """Return whether a folder holds a sweep."""
    return (folder / SWEEP_FILE).is_file()


def list_sweeps(project: Path) -> list[Path]:
    """List the folders of the sweeps in `studies/`, finished or not, the oldest first.

    Args:
        project: The folder that holds `studies/`.
    """
    return sorted(path.parent for path in (project / STUDIES_FOLDER).glob(f"[!.]*/{SWEEP_FILE}"))


def find_sweep(project: Path, name: str = "") -> Path:
    """Return the folder of a sweep.

    Args:
        project: The folder that holds `studies/`.
        name: Its name; empty: the newest.

    Raises:
        HvlabError: There is no such sweep; the hint lists those there are.
    """
    sweeps = list_sweeps(project)
    if not name and sweeps:
        return sweeps[-1]
    for folder in sweeps:
        if folder.name == name:
            return folder
    known = ", ".join(folder.name for folder in sweeps)
    hint = f"there is: {known}" if known else "./invoke study.sweep FILE runs one"
    raise HvlabError(f"no sweep {name!r}" if name else "no sweep yet", hint, code="no-sweep")
