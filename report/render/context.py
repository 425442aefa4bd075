"""From a dataset to all that the templates print."""

from collections.abc import Sequence
from dataclasses import dataclass

from jinja2 import Environment

from dataset import Dataset
from dataset.descriptors import HypervisorInfo
from dataset.models import StudyInfo
from dataset.parameters import Parameters
from dataset.settling import read_curves
from report.data.controller import BusyMachine, busy_machine
from report.data.outliers import Outliers, find_outliers
from report.data.readings import Readings, range_of_n
from report.data.sources import Captures, commands, group_captures
from report.figures.build import Drawn, Figures
from report.figures.pictures import Pictures, pictures_of
from report.inference.resolution import CPU_POINTS, DISK_SHARE, MEMORY_MIB
from report.recommendation.capacity import GUESTS_MIB, HOSTS_GIB
from report.recommendation.recommendation import Advice, advise
from report.recommendation.results import Results, results
from report.recommendation.scenario import DEFAULT_SCENARIO, Scenario
from report.replication.section import Replication, replicate
from report.tables.cache_meaning import CacheMeaning, cache_meaning
from report.tables.calibration import Calibration, read_calibration
from report.tables.cpu import ROWS as CPU_ROWS
from report.tables.factors import Factors, factors
from report.tables.meter_comparison import SideBySide, side_by_side
from report.tables.outlying_boots import OutlyingBoot, outlying_boots
from report.tables.quantities import Quantities
from report.tables.second_attempts import SecondAttempts, second_attempts
from report.tables.settling import Settled, settling_times
from report.tables.variance import WANTED_MIB, Spread, spreads

Range = tuple[int, int]
"""The least and the greatest number of boots behind the numbers of a table."""


@dataclass(frozen=True)
class Counts:
    """How many boots are behind the numbers of each table or figure; None where nothing was read."""

    table3: Range | None
    in_use: Range | None
    figure6: Range | None
    costs: Range | None
    spread: Range | None
    cpu: Range | None
    disk: Range | None


@dataclass(frozen=True)
class Sizes:
    """The guests (MiB) and hosts (GiB) of the capacity table."""

    guests: tuple[int, ...] = GUESTS_MIB
    hosts: tuple[int, ...] = HOSTS_GIB


@dataclass(frozen=True)
class Resolution:
    """The least differences that are called differences: MiB, percentage points, percent."""

    memory: float = MEMORY_MIB
    cpu: float = CPU_POINTS
    disk: float = 100 * DISK_SHARE


@dataclass(frozen=True)
class PaperContext:
    """The variables of `paper.html.j2`.

    Attributes:
        lang: Language of the paper.
        study: The study.
        hypervisors: Its hypervisors, in print order.
        providers: Their names in data.
        absent: The names of those of which no number was read.
        cpu_rows: The rows of Table 4.
        results: What was computed from the measurements.
        counts: How many boots are behind the numbers.
        figures: The drawn figures.
        pictures: The pictures.
        spreads: The spread of the cost per guest.
        wanted_mib: The half-width that Table 3d is about.
        advice: The guidance.
        sizes: Rows and columns of the capacity table.
        settling: How long settling took, by hypervisor and stage.
        busy: How busy the machine that ran the lab was; None: it was not, or that is not known.
        again: What had to be repeated; None: the study has no journal.
        meters: The meters side by side.
        factors: The factors.
        outlying_boots: Boots far from the others of their hypervisor.
        outliers: Samples far from the others of their reading.
        captures: The captures behind the numbers.
        commands: The command lines behind them, by meter.
        calibration: What the meters showed of known loads; None if they were not calibrated.
        settings: Names and values of all parameters.
        resolution: What is called a difference.
        replication: The study beside the published one.
    """

    lang: str
    study: StudyInfo
    hypervisors: tuple[HypervisorInfo, ...]
    providers: tuple[str, ...]
    absent: Sequence[str]
    cpu_rows: tuple[str, ...]
    results: Results
    counts: Counts
    figures: Figures
    pictures: Pictures
    spreads: Sequence[Spread]
    wanted_mib: float
    advice: Advice
    sizes: Sizes
    settling: dict[tuple[str, str], Settled]
    busy: BusyMachine | None
    again: SecondAttempts | None
    meters: SideBySide
    factors: Factors
    cache: CacheMeaning | None
    outlying_boots: Sequence[OutlyingBoot]
    outliers: Outliers
    captures: Sequence[Captures]
    commands: Sequence[tuple[str, tuple[str, ...]]]
    calibration: Calibration | None
    settings: Sequence[tuple[str, str]]
    resolution: Resolution
    replication: Replication


def paper_context(
    dataset: Dataset, environment: Environment, lang: str, scenario: Scenario = DEFAULT_SCENARIO
) -> PaperContext:
    """Compute all that the paper of a study prints.

    Args:
        dataset: The study.
        environment: Where the templates with words and alternative texts are.
        lang: Language of the paper.
        scenario: What the guidance is asked.

    Raises:
        HvlabError: The study has no number that the paper uses, its journal or a capture is damaged, or the reference
            cannot be read.
    """
    study = dataset.study
    readings = Readings(dataset.measurements, study)
    found = results(dataset, readings)
    advice = advise(readings, study, found, scenario)
    curves = read_curves(dataset.folder, study)
    # Before the sources are listed: each of them asks for numbers.
    spread, meters, set_factors = (
        spreads(readings, found.costs),
        side_by_side(readings, study),
        factors(study, readings),
    )
    quantities = Quantities(readings, found.memory_in_use, found.costs, guest_mib=study.parameters.guest_memory_mib)
    replication = replicate(dataset, quantities, found.table3)
    far_off = outlying_boots(quantities, found.cpu.stage)
    cache = cache_meaning(readings, study.parameters.stages)
    sources = readings.sources()
    return PaperContext(
        lang=lang,
        study=study,
        hypervisors=readings.hypervisors,
        providers=readings.providers,
        absent=[name for name in readings.providers if name not in {source.provider for source in sources}],
        cpu_rows=CPU_ROWS,
        results=found,
        counts=_counts(found),
        figures=Drawn(environment, study, found, advice, curves, replication).all(),
        pictures=pictures_of(dataset, found.cpu.stage),
        spreads=spread,
        wanted_mib=WANTED_MIB,
        advice=advice,
        sizes=Sizes(),
        settling=settling_times(curves),
        busy=busy_machine(study),
        again=second_attempts(dataset.folder),
        meters=meters,
        factors=set_factors,
        cache=cache,
        outlying_boots=far_off,
        outliers=find_outliers(dataset.measurements, readings.providers),
        captures=group_captures(sources, dataset.folder),
        commands=commands(sources, dataset.folder),
        calibration=read_calibration(dataset.folder),
        settings=_settings(study.parameters),
        resolution=Resolution(),
        replication=replication,
    )


def _settings(parameters: Parameters) -> list[tuple[str, str]]:
    """List every parameter, nested ones by dotted name, for Table A1."""
    flat: list[tuple[str, str]] = []

    def add(name: str, value: object) -> None:
        if value is None:
            flat.append((name, "none"))
        elif isinstance(value, dict):
            for key, inner in value.items():
                add(f"{name}.{key}" if name else str(key), inner)
        elif isinstance(value, list | tuple):
            flat.append((name, ", ".join(str(item) for item in value)))
        else:
            flat.append((name, f"{value:g}" if isinstance(value, float) else str(value)))

    add("", parameters.model_dump())
    return flat


def _counts(found: Results) -> Counts:
    table3 = found.table3
    folders = found.disk.folders
    sizes = [*found.disk.file_sizes, *(size for f in folders for size in (f.apparent, f.allocated))]
    return Counts(
        table3=range_of_n([*table3.total.values(), *table3.used.values(), *table3.free.values()]),
        in_use=range_of_n(found.memory_in_use.cells.values()),
        figure6=range_of_n([*table3.used.values(), *found.memory_in_use.cells.values()]),
        costs=range_of_n(cost.per_guest for cost in found.costs.values()),
        spread=range_of_n(cost.per_guest for cost in found.costs.values() if cost.per_guest.n > 1),
        cpu=range_of_n(found.cpu.cells.values()),
        disk=range_of_n(sizes),
    )
