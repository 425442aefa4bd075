"""From a dataset to all that the templates print."""

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment
from markupsafe import Markup

from lab.errors import HvlabError
from report import figures
from report.calibration import read_calibration
from report.captures import group_captures
from report.cost import Cost, Difference, costs, differences
from report.cpu import ROWS as CPU_ROWS
from report.cpu import Table4, table_4
from report.disk import Figure9, figure_9
from report.guidance import (
    CPU_RESOLUTION_POINTS,
    DISK_RESOLUTION_SHARE,
    MEMORY_RESOLUTION_MIB,
    Guidance,
    guide,
)
from report.load import Dataset
from report.memory import Table3, Taken, comparable, table_3
from report.names import PROVIDERS, guests_at, stages_up_to, vm_stage
from report.outliers import find_outliers
from report.readings import Readings, range_of_n
from report.studyinfo import Parameters


@dataclass(frozen=True)
class Results:
    """Everything that is worked out from the measurements."""

    guests: int
    table3: Table3
    taken: Taken
    costs: dict[str, Cost]
    differences: list[tuple[str, str, Difference]]
    cpu: Table4
    disk: Figure9
    guidance: Guidance


def results(dataset: Dataset, readings: Readings) -> Results:
    """Work out the tables, the cost model and the guidance.

    Args:
        dataset: The study.
        readings: Its numbers; afterwards it knows which captures were drawn upon.

    Returns:
        The results.

    Raises:
        HvlabError: The study has no number that the paper uses.
    """
    if dataset.measurements.empty:
        raise _nothing_to_print(dataset)
    # The last stage that was read counts as "all guests up"; guests that were planned but never read keep
    # their rows in the tables, so that the gap is seen.
    last = max(guests_at(readings.last_stage()), 1)
    planned = max(last, dataset.study.parameters.guests)
    stages = stages_up_to(planned)
    taken = comparable(readings, stages)
    fitted = costs(taken)
    cpu, disk = table_4(readings, vm_stage(last)), figure_9(readings)
    found = Results(
        guests=last,
        table3=table_3(readings, stages),
        taken=taken,
        costs=fitted,
        differences=differences(fitted),
        cpu=cpu,
        disk=disk,
        guidance=guide(taken, fitted, cpu, disk, last),
    )
    if not readings.sources():
        raise _nothing_to_print(dataset)
    return found


def context(dataset: Dataset, environment: Environment, lang: str) -> dict[str, object]:
    """Build the variables of `paper.html.j2`.

    Args:
        dataset: The study.
        environment: Where the templates with words and alternative texts are.
        lang: Language of the paper.

    Returns:
        The variables by name.

    Raises:
        HvlabError: The study has no number that the paper uses.
    """
    readings = Readings(dataset.measurements)
    found = results(dataset, readings)
    return {
        "lang": lang,
        "study": dataset.study,
        "providers": PROVIDERS,
        "cpu_rows": CPU_ROWS,
        "r": found,
        "n": _counts(found),
        "figures": _figures(found, environment),
        "outliers": find_outliers(dataset.measurements),
        "captures": group_captures(readings.sources()),
        "absent": [p for p in PROVIDERS if p not in {source.provider for source in readings.sources()}],
        "calibration": read_calibration(dataset.folder),
        "settings": _settings(dataset.study.parameters),
        "resolution": {
            "memory": MEMORY_RESOLUTION_MIB,
            "cpu": CPU_RESOLUTION_POINTS,
            "disk": 100 * DISK_RESOLUTION_SHARE,
        },
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


def _nothing_to_print(dataset: Dataset) -> HvlabError:
    return HvlabError(
        f"study {dataset.study.id} has no reading of memory, CPU or disk",
        "run the study, then render it again",
    )


def _counts(found: Results) -> dict[str, tuple[int, int] | None]:
    table3 = found.table3
    folders = found.disk.folders
    sizes = [*found.disk.file_sizes, *(size for f in folders for size in (f.apparent, f.allocated))]
    return {
        "table3": range_of_n([*table3.total.values(), *table3.used.values(), *table3.free.values()]),
        "taken": range_of_n(found.taken.cells.values()),
        "figure6": range_of_n([*table3.used.values(), *found.taken.cells.values()]),
        "costs": range_of_n(cost.per_guest for cost in found.costs.values()),
        "cpu": range_of_n(found.cpu.cells.values()),
        "disk": range_of_n(sizes),
    }


def _figures(found: Results, environment: Environment) -> Mapping[str, Markup | None]:
    words: dict[str, str] = environment.get_template("words.txt.j2").module.figure  # type: ignore[attr-defined]

    def alt(name: str) -> str:
        text = environment.get_template(f"alt/{name}.txt.j2").render(r=found, providers=PROVIDERS)
        return " ".join(text.split())

    memory = cpu = disk = None
    if found.table3.used or found.taken.cells:
        memory = figures.memory_figure(found.table3, found.taken, words, alt("memory"))
    if found.cpu.cells:
        cpu = figures.cpu_figure(found.cpu, words, alt("cpu"))
    if any(folder.apparent or folder.allocated for folder in found.disk.folders):
        disk = figures.disk_figure(found.disk, words, alt("disk"))
    return {"memory": memory, "cpu": cpu, "disk": disk}
