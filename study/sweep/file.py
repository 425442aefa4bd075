"""The file that describes a sweep."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from core.errors import HvlabError
from core.parsing import toml_table
from core.table import Table
from dataset.sweep import Design, Level, same_level
from study.sweep.parameters import parameter

_EXAMPLE = "docs/how-to/sweeps.md has an example"


class _File(Table):
    """What a sweep's file may say."""

    title: str = ""
    design: Design = "factorial"
    repeats: int | None = Field(None, ge=1)
    precision: str = ""
    seed: int | None = Field(None, ge=0)
    axes: dict[str, Any] = Field(default_factory=dict)
    set: dict[str, Any] = Field(default_factory=dict)
    cells: list[dict[str, Any]] = Field(default_factory=list)


@dataclass(frozen=True)
class SweepFile:
    """A sweep's file; parameters are named `TABLE.NAME`.

    Attributes:
        path: The file, for errors.
        title: Title of the report; empty: one is made.
        design: How cells are made of the axes.
        repeats: Boots of the lab host of each cell under each hypervisor; None: as hvlab.toml says.
        precision: `1MiB`, in each cell; empty: the repeats are fixed.
        seed: Of the order; None: a random one.
        axes: The values of each parameter that varies; empty in a list.
        fixed: Values that all cells have.
        cells: The cells of a list.
    """

    path: Path
    title: str
    design: Design
    repeats: int | None
    precision: str
    seed: int | None
    axes: Mapping[str, tuple[Level, ...]]
    fixed: Mapping[str, Any]
    cells: tuple[Mapping[str, Level], ...]

    @property
    def sha256(self) -> str:
        """Digest of what it says, but for layout, comments and the file's name."""
        said = [self.title, self.design, self.repeats, self.precision, self.seed, list(self.axes.items()),
                self.fixed, self.cells]  # fmt: skip
        return hashlib.sha256(json.dumps(said, sort_keys=True, default=dict).encode()).hexdigest()


def read_sweep_file(path: Path) -> SweepFile:
    """Read a sweep's file.

    Raises:
        HvlabError: It cannot be read, is not of the form of docs/how-to/sweeps.md (code `bad-sweep-file`), or names a
            parameter that there is not (`unknown-parameter`) or that cannot vary (`no-axis`).
    """
    try:
        found = _File.model_validate(toml_table(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise HvlabError(f"{path}: {error.strerror}", _EXAMPLE, code="bad-sweep-file") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise _bad(path, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except ValueError as error:
        raise _bad(path, f"not valid TOML: {error}") from error
    if found.design == "list" and found.axes:
        raise _bad(path, 'design = "list" has [[cells]] and no [axes]')
    if found.design != "list" and found.cells:
        raise _bad(path, f'[[cells]] need design = "list", it is "{found.design}"')
    axes = {name: _levels(path, name, values) for name, values in _named(path, "axes", found.axes)}
    cells = tuple(dict(_levelled(path, f"cells[{n}]", each)) for n, each in enumerate(found.cells, 1))
    if not axes and not any(cells):
        raise _bad(path, "nothing varies: no [axes] and no [[cells]]")
    fixed = dict(_named(path, "set", found.set))
    for name in fixed.keys() & (axes.keys() | {name for cell in cells for name in cell}):
        raise _bad(path, f"{name} varies and is in [set], too")
    return SweepFile(
        path, found.title, found.design, found.repeats, found.precision, found.seed, axes, fixed, cells
    )  # fmt: skip


def _named(path: Path, table: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield parameters with their values, of nested tables as of quoted names; each must be known and there once."""
    seen = set()
    for name, value in _flat("", values):
        parameter(name, f"{path}: {table}")
        if name in seen:
            raise _bad(path, f"{table}: {name} is there twice")
        seen.add(name)
        yield name, value


def _flat(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value


def _levels(path: Path, name: str, values: Any) -> tuple[Level, ...]:
    if not isinstance(values, list):
        raise _bad(path, f"axes: {name} is no list of values")
    if len(values) < 2:
        raise _bad(path, f"axes: {name} has {len(values)} values, 2 or more make an axis")
    for value in values:
        _require_level(path, f"axes: {name}", value)
    for place, value in enumerate(values):
        if any(same_level(value, each) for each in values[:place]):
            raise _bad(path, f"axes: {name} has the value {value!r} twice")
    return tuple(values)


def _levelled(path: Path, where: str, cell: Mapping[str, Any]) -> Iterator[tuple[str, Level]]:
    for name, value in _named(path, where, cell):
        _require_level(path, f"{where}: {name}", value)
        yield name, value


def _require_level(path: Path, where: str, value: Any) -> None:
    if not isinstance(value, bool | int | float | str):
        raise _bad(path, f"{where} has the value {value!r}: text, a number or true and false make one")


def _bad(path: Path, why: str) -> HvlabError:
    return HvlabError(f"{path}: {why}", _EXAMPLE, code="bad-sweep-file")
