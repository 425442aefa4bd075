"""From a sweep to all that its report prints."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dataset import Dataset, Sweep
from dataset.descriptors import HypervisorInfo
from dataset.sweep import PROVIDERS, Axis, Cell, Level, SweepInfo
from report.figures.looks import looks_of
from report.inference.intervals import Measured
from report.inference.verdicts import Verdict
from report.sweep.effects import Analysis, Effect, analyse
from report.sweep.figures import EffectFigure, effect_figures
from report.sweep.responses import RESPONSES, Read, Response, read_cell
from report.sweep.words import printed_level


@dataclass(frozen=True)
class CellRow:
    """A row of the table of cells: one cell under one hypervisor.

    Attributes:
        cell: The cell.
        provider: Name as in data.
        boots: Number of finished runs.
        means: Mean of each quantity, by name; absent is what was not read.
        paper: Address of its study's paper, relative to the report; empty: it was not written.
    """

    cell: Cell
    provider: str
    boots: int
    means: Mapping[str, Measured]
    paper: str


@dataclass(frozen=True)
class Tally:
    """How many effects there are by verdict."""

    found: int
    absent: int
    open: int

    @classmethod
    def of(cls, effects: Sequence[Effect]) -> "Tally":
        """Count some effects."""
        verdicts = [it.decided.verdict for it in effects]
        return cls(*(verdicts.count(each) for each in (Verdict.YES, Verdict.NO, Verdict.CANNOT_TELL)))


@dataclass(frozen=True)
class SweepContext:
    """The variables of `sweep.html.j2`.

    Attributes:
        lang: Language of the report.
        sweep: sweep.json.
        hypervisors: All hypervisors of its studies, in print order.
        axes: What varies, without the hypervisor.
        responses: The quantities that were read.
        rows: The table of cells.
        unfinished: Cells that are not finished.
        analyses: Effects by hypervisor and quantity.
        mains: How many main effects there are.
        pairs: How many interactions.
        figures: The effect plots.
        level: Returns an axis's level in print.
    """

    lang: str
    sweep: SweepInfo
    hypervisors: tuple[HypervisorInfo, ...]
    axes: tuple[Axis, ...]
    responses: tuple[Response, ...]
    rows: Sequence[CellRow]
    unfinished: Sequence[Cell]
    analyses: Mapping[str, Sequence[Analysis]]
    mains: Tally
    pairs: Tally
    figures: Sequence[EffectFigure]
    level: Callable[[Axis, Level], str]


def sweep_context(sweep: Sweep, lang: str, paper_of: Callable[[Cell], str]) -> SweepContext:
    """Compute all that a sweep's report prints.

    Args:
        sweep: The sweep.
        lang: Language of the report.
        paper_of: Returns the address of a cell's paper, relative to the report; empty: there is none.

    Raises:
        HvlabError: A study is damaged, or has no number that the paper uses.
    """
    hypervisors: dict[str, HypervisorInfo] = {}
    numbers: dict[int, dict[tuple[str, str], Read]] = {}
    rows: list[CellRow] = []
    for cell, dataset in sweep.studies():
        hypervisors |= {it.name: it for it in dataset.hypervisors if it.name not in hypervisors}
        numbers[cell.number] = read_cell(dataset)
        rows += _rows(cell, dataset, numbers[cell.number], paper_of(cell))
    analyses = analyse(sweep.info, numbers, list(hypervisors))
    effects = [effect for it in analyses for effect in it.effects]
    titles = {name: it.title for name, it in hypervisors.items()}
    read = {name for each in numbers.values() for _, name in each}

    def level(axis: Axis, value: Level) -> str:
        return printed_level(axis, value, titles)

    return SweepContext(
        lang=lang,
        sweep=sweep.info,
        hypervisors=tuple(hypervisors.values()),
        axes=tuple(axis for axis in sweep.info.axes if axis.parameter != PROVIDERS),
        responses=tuple(it for it in RESPONSES if it.name in read),
        rows=rows,
        unfinished=sweep.info.left,
        analyses={name: [it for it in analyses if it.provider == name] for name in hypervisors},
        mains=Tally.of([it for it in effects if it.beside is None]),
        pairs=Tally.of([it for it in effects if it.beside is not None]),
        figures=effect_figures(analyses, looks_of(tuple(hypervisors.values())), level),
        level=level,
    )


def _rows(cell: Cell, dataset: Dataset, read: Mapping[tuple[str, str], Read], paper: str) -> list[CellRow]:
    runs = [run for run in dataset.study.runs if run.status == "finished"]
    return [
        CellRow(
            cell,
            provider,
            sum(run.provider == provider for run in runs),
            {name: Measured.of(it.values) for (p, name), it in read.items() if p == provider},
            paper,
        )
        for provider in dataset.titles
        if any(run.provider == provider for run in runs)
    ]
