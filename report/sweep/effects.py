"""The effects of a sweep's axes on each quantity under each hypervisor."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dataset.sweep import PROVIDERS, Axis, Cell, Level, SweepInfo, same_level
from report.inference.contrasts import Design, interaction, main_effect, weighted
from report.inference.intervals import Measured
from report.inference.verdicts import Decided
from report.sweep.responses import RESPONSES, Read, Response

Numbers = Mapping[int, Mapping[tuple[str, str], Read]]
"""The quantities of each cell, by its number; see `report.sweep.responses.read_cell`."""


@dataclass(frozen=True)
class Change:
    """A level of an axis, and the first one, with which it is compared."""

    axis: Axis
    level: Level
    first: Level


@dataclass(frozen=True)
class Effect:
    """A main effect, or with `beside` an interaction.

    Attributes:
        provider: Name as in data.
        response: The quantity.
        change: What changes.
        beside: Of an interaction: the other change, on which the effect of the first may depend.
        decided: Whether there is an effect, and how large it is, in the response's unit.
    """

    provider: str
    response: Response
    change: Change
    beside: Change | None
    decided: Decided


@dataclass(frozen=True)
class Line:
    """Means at the levels of an axis, for a figure; with `beside` at one level of another axis."""

    provider: str
    axis: Axis
    points: tuple[tuple[Level, Measured], ...]
    beside: tuple[Axis, Level] | None = None


@dataclass(frozen=True)
class Analysis:
    """One quantity under one hypervisor.

    Attributes:
        provider: Name as in data.
        response: The quantity.
        effects: Main effects, then interactions.
        lines: Means along each axis, averaged over the others.
        pairs: Means along one axis at each level of another; empty where the cells cannot tell interactions.
        interactions: Whether the cells can tell interactions.
        confounded: Whether the cells cannot even tell the axes apart, so that there is no effect.
    """

    provider: str
    response: Response
    effects: tuple[Effect, ...] = ()
    lines: tuple[Line, ...] = ()
    pairs: tuple[Line, ...] = ()
    interactions: bool = False
    confounded: bool = False


def analyse(info: SweepInfo, numbers: Numbers, providers: Sequence[str]) -> list[Analysis]:
    """Analyse each quantity that was read in two or more cells, under each hypervisor.

    Args:
        info: The sweep.
        numbers: The quantities of its finished cells.
        providers: Hypervisors, in the order of print.
    """
    found = (_analyse(info, numbers, provider, response) for provider in providers for response in RESPONSES)
    return [each for each in found if each is not None]


def _analyse(info: SweepInfo, numbers: Numbers, provider: str, response: Response) -> Analysis | None:
    key = provider, response.name
    cells = [cell for cell in info.cells if key in numbers.get(cell.number, {})]
    axes = [(axis, levels) for axis in info.axes if len(levels := _levels(axis, cells)) > 1]
    if not axes:
        return None
    design = Design(
        tuple(len(levels) for _, levels in axes),
        tuple(tuple(_place(cell.values[axis.parameter], levels) for axis, levels in axes) for cell in cells),
    )
    if design.terms is None:
        return Analysis(provider, response, confounded=True)
    reads = [numbers[cell.number][key] for cell in cells]
    return _Worked(provider, response, axes, design, reads).analysis()


def _levels(axis: Axis, cells: Sequence[Cell]) -> list[Level]:
    """Return the levels of an axis that some cells have; a hypervisor is what they are looked at by, no axis."""
    if axis.parameter == PROVIDERS:
        return []
    return [level for level in axis.levels if any(same_level(cell.values[axis.parameter], level) for cell in cells)]


def _place(value: Level, levels: Sequence[Level]) -> int:
    return next(place for place, level in enumerate(levels) if same_level(value, level))


@dataclass(frozen=True)
class _Worked:
    provider: str
    response: Response
    axes: Sequence[tuple[Axis, list[Level]]]
    design: Design
    reads: Sequence[Read]

    @property
    def _values(self) -> list[tuple[float, ...]]:
        return [read.values for read in self.reads]

    @property
    def _resolution(self) -> float:
        # Of disk space it is a share of the least value (`report.inference.resolution`); of the others all are equal.
        least = min(read.resolution for read in self.reads)
        return least if self.response.name == "allocated" else max(read.resolution for read in self.reads)

    def analysis(self) -> Analysis:
        pairs = list(itertools.combinations(range(len(self.axes)), 2)) if self.design.has_pairs else []
        return Analysis(
            self.provider,
            self.response,
            tuple(self._mains() + [effect for a, b in pairs for effect in self._pair(a, b)]),
            tuple(self._line(place, {}) for place in range(len(self.axes))),
            tuple(self._line(a, {b: level}) for a, b in pairs for level in range(len(self.axes[b][1]))),
            interactions=bool(pairs),
        )

    def _change(self, place: int, level: int) -> Change:
        axis, levels = self.axes[place]
        return Change(axis, levels[level], levels[0])

    def _mains(self) -> list[Effect]:
        return [
            Effect(
                self.provider,
                self.response,
                self._change(place, level),
                None,
                main_effect(self.design, self._values, place, level, self._resolution),
            )
            for place, (_, levels) in enumerate(self.axes)
            for level in range(1, len(levels))
        ]

    def _pair(self, a: int, b: int) -> list[Effect]:
        return [
            Effect(
                self.provider,
                self.response,
                self._change(a, level),
                self._change(b, beside),
                interaction(self.design, self._values, (a, level), (b, beside), self._resolution),
            )
            for level in range(1, len(self.axes[a][1]))
            for beside in range(1, len(self.axes[b][1]))
        ]

    def _line(self, place: int, beside: dict[int, int]) -> Line:
        axis, levels = self.axes[place]
        means = [
            weighted(self.design.weights({place: n, **beside}).tolist(), self._values, 0.0) for n in range(len(levels))
        ]
        at = next(((self.axes[b][0], self.axes[b][1][level]) for b, level in beside.items()), None)
        return Line(self.provider, axis, tuple(zip(levels, means, strict=True)), at)
