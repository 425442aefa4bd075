"""From a dataset to all that the templates print."""

from jinja2 import Environment

from dataset import Dataset
from dataset.parameters import Parameters
from report.data.names import PROVIDERS
from report.data.outliers import find_outliers
from report.data.readings import Readings, range_of_n
from report.data.sources import commands, group_captures
from report.figures.build import Drawn
from report.figures.screenshots import screen, screens, terminal
from report.recommendation.capacity import GUESTS_MIB, HOSTS_GIB
from report.recommendation.recommendation import advise
from report.recommendation.results import Results, results
from report.recommendation.scenario import THE_STUDYS_OWN, Question
from report.replication.section import replicate
from report.stats.tolerance import CPU_POINTS, DISK_SHARE, MEMORY_MIB
from report.tables.calibration import read_calibration
from report.tables.cpu import ROWS as CPU_ROWS
from report.tables.factors import factors
from report.tables.meter_comparison import side_by_side
from report.tables.quantities import Quantities
from report.tables.settling import read_curves, settling_times
from report.tables.variance import WANTED_MIB, spreads


def context(
    dataset: Dataset, environment: Environment, lang: str, question: Question = THE_STUDYS_OWN
) -> dict[str, object]:
    """Build the variables of `paper.html.j2`.

    Args:
        dataset: The study.
        environment: Where the templates with words and alternative texts are.
        lang: Language of the paper.
        question: What the guidance is asked.

    Returns:
        The variables by name.

    Raises:
        HvlabError: The study has no number that the paper uses, its journal or a capture is damaged, or the reference
            cannot be read.
    """
    readings = Readings(dataset.measurements)
    found = results(dataset, readings)
    advice = advise(readings, dataset.study, found, question)
    curves = read_curves(dataset.folder, dataset.study)
    return {
        "lang": lang,
        "study": dataset.study,
        "providers": PROVIDERS,
        "cpu_rows": CPU_ROWS,
        "r": found,
        "n": _counts(found),
        "figures": Drawn(environment, dataset.study, found, advice, curves).all(),
        "pictures": {
            "figure2": terminal(dataset, "xen", "booting", "free"),
            "figure3": terminal(dataset, "kvm", "booting", "free"),
            "figure3a": terminal(dataset, "virtualbox", "booting", "free"),
            "figure4": screens(dataset, ("xen", "kvm")),
            "figure5": screen(dataset, "virtualbox"),
            "figure5a": screens(dataset, PROVIDERS, "server1"),
            "figure7": [it for p in PROVIDERS if (it := terminal(dataset, p, found.cpu.stage, "mpstat"))],
        },
        "spreads": spreads(readings, found.costs),
        "wanted_mib": WANTED_MIB,
        "advice": advice,
        "settling": settling_times(curves),
        "sizes": {"guests": GUESTS_MIB, "hosts": HOSTS_GIB},
        "meters": side_by_side(readings, dataset.study),
        "factors": factors(dataset.study, readings),
        "outliers": find_outliers(dataset.measurements),
        "captures": group_captures(readings.sources(), dataset.folder),
        "commands": commands(readings.sources(), dataset.folder),
        "absent": [p for p in PROVIDERS if p not in {source.provider for source in readings.sources()}],
        "calibration": read_calibration(dataset.folder),
        "settings": _settings(dataset.study.parameters),
        "resolution": {"memory": MEMORY_MIB, "cpu": CPU_POINTS, "disk": 100 * DISK_SHARE},
        **replicate(dataset, Quantities(readings, found.taken, found.costs), found.table3),
    }


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


def _counts(found: Results) -> dict[str, tuple[int, int] | None]:
    table3 = found.table3
    folders = found.disk.folders
    sizes = [*found.disk.file_sizes, *(size for f in folders for size in (f.apparent, f.allocated))]
    return {
        "table3": range_of_n([*table3.total.values(), *table3.used.values(), *table3.free.values()]),
        "taken": range_of_n(found.taken.cells.values()),
        "figure6": range_of_n([*table3.used.values(), *found.taken.cells.values()]),
        "costs": range_of_n(cost.per_guest for cost in found.costs.values()),
        "spread": range_of_n(cost.per_guest for cost in found.costs.values() if cost.per_guest.n > 1),
        "cpu": range_of_n(found.cpu.cells.values()),
        "disk": range_of_n(sizes),
    }
