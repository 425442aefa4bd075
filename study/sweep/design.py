"""From a sweep's file to its cells: which there are, in which order, and the settings and the plan of each."""

import itertools
import json
import math
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import HvlabError
from dataset.stages import Stage
from dataset.sweep import PROVIDERS, Axis, Cell, Level, SweepInfo, same_level
from lab.factors.host import require_possible
from lab.settings import Settings
from study.api import StudyRequest
from study.plan import Plan, planned_parameters
from study.study import stages_of
from study.sweep.file import SweepFile
from study.sweep.parameters import parameter, with_values

MOST_CELLS = 1000
"""A larger sweep is taken for a mistake."""


@dataclass(frozen=True)
class CellPlan:
    """What a cell's study is begun with.

    Attributes:
        settings: All parameters.
        plan: Its runs.
        stages: Of each run.
    """

    settings: Settings
    plan: Plan
    stages: tuple[Stage, ...]


def axes_of(file: SweepFile, settings: Settings) -> tuple[Axis, ...]:
    """Return the axes of a sweep; those of a list are made of its cells, which have the settings' values elsewhere."""
    levels: dict[str, list[Level]] = {name: list(values) for name, values in file.axes.items()}
    names = dict.fromkeys(name for cell in file.cells for name in cell)
    for name in names:
        found = levels.setdefault(name, [])
        for cell in file.cells:
            value = cell.get(name, value_of(settings, name))
            if not any(same_level(value, each) for each in found):
                found.append(value)
    known = {name: parameter(name, str(file.path)) for name in levels}
    return tuple(
        Axis(parameter=name, title=known[name].title, unit=known[name].unit, levels=tuple(values))
        for name, values in levels.items()
    )


def value_of(settings: Settings, name: str) -> Level:
    """Return a parameter's value in the settings, as an axis has it."""
    found: object = settings.model_dump(mode="json")
    if name.startswith("hypervisors."):
        _, hypervisor, own = name.split(".")
        found = settings.parameters_of(hypervisor)[own]
    else:
        for part in name.split("."):
            found = found[part] if isinstance(found, Mapping) else None
    return found if isinstance(found, bool | int | float | str) else ", ".join(map(str, found or []))  # type: ignore[call-overload]


def combinations(file: SweepFile, axes: Sequence[Axis], settings: Settings) -> list[dict[str, Level]]:
    """Return the values of each cell, in the order of the file.

    Raises:
        HvlabError: There are too many (code `sweep-too-large`), or two are the same (`same-cells`).
    """
    names = [axis.parameter for axis in axes]
    size = _size(file, axes)
    if size > MOST_CELLS:
        factors = " x ".join(str(len(axis.levels)) for axis in axes) if file.design == "factorial" else ""
        raise HvlabError(
            f"{file.path}: {size} cells{f' ({factors})' if factors else ''} are more than {MOST_CELLS}",
            'use fewer values, or design = "one-at-a-time"',
            code="sweep-too-large",
        )
    if file.design == "factorial":
        return [dict(zip(names, values, strict=True)) for values in itertools.product(*(it.levels for it in axes))]
    if file.design == "one-at-a-time":
        first = {axis.parameter: axis.levels[0] for axis in axes}
        return [first, *(first | {axis.parameter: level} for axis in axes for level in axis.levels[1:])]
    stated = [{name: cell.get(name, value_of(settings, name)) for name in names} for cell in file.cells]
    for number, cell in enumerate(stated):
        for other, before in enumerate(stated[:number]):
            if all(same_level(cell[name], before[name]) for name in names):
                raise HvlabError(
                    f"{file.path}: cells {other + 1} and {number + 1} have the same values",
                    "leave one out; repeats = 2 runs each cell twice",
                    code="same-cells",
                )
    return stated


def _size(file: SweepFile, axes: Sequence[Axis]) -> int:
    if file.design == "factorial":
        return math.prod(len(axis.levels) for axis in axes)
    if file.design == "one-at-a-time":
        return 1 + sum(len(axis.levels) - 1 for axis in axes)
    return len(file.cells)


def plan_cell(info: SweepInfo, settings: Settings, cell: Cell) -> CellPlan:
    """Return what a cell's study is begun with.

    Args:
        info: The sweep.
        settings: What `info.settings` says, checked.
        cell: The cell.

    Raises:
        HvlabError: The cell's values do not fit each other, the lab host, or a hypervisor.
    """
    where = f"sweep {info.id}, cell {cell.number} ({words_of(info, cell)})"
    own = with_values(settings, cell.values, where)
    chosen = cell.values.get(PROVIDERS)
    precision = "" if info.precision_mib is None else f"{info.precision_mib:f}MiB"
    seed = random.Random(f"{info.seed}/{cell.number}").randint(1, 2**24)
    request = StudyRequest((str(chosen),) if chosen else (), info.repeats, seed, precision)
    plan = request.plan(own)
    require_possible(own, plan.providers)
    return CellPlan(own, plan, tuple(stages_of(own)))


def words_of(info: SweepInfo, cell: Cell) -> str:
    """Return a cell's values in words, with the parameters' names."""
    return ", ".join(f"{axis.parameter} = {json.dumps(cell.values[axis.parameter])}" for axis in info.axes)


def order_of(numbers: Sequence[int], seed: int, repeat: int) -> list[int]:
    """Return the numbers of cells in the order in which their studies' runs of a repeat are run."""
    return random.Random(f"{seed}/repeat {repeat}").sample(numbers, len(numbers))


def new_seed() -> int:
    """Return a random seed."""
    return int.from_bytes(os.urandom(3))


def require_different(plans: Mapping[int, CellPlan]) -> None:
    """Check that no two cells would run the same study, as with a parameter of a hypervisor that neither has.

    Raises:
        HvlabError: Two would (code `same-cells`).
    """
    seen: dict[str, int] = {}
    for number, each in plans.items():
        found = planned_parameters(each.settings, each.plan, each.stages).as_dict() | {"seed": 0}
        key = json.dumps(found, sort_keys=True)
        if key in seen:
            raise HvlabError(
                f"cells {seen[key]} and {number} are the same study: what differs has no effect on it",
                "leave out that axis, or the hypervisor that it does not concern",
                code="same-cells",
            )
        seen[key] = number
