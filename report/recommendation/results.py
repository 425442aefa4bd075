"""Everything that is worked out from the measurements of a study."""

from dataclasses import dataclass

from core.errors import HvlabError
from dataset import Dataset
from dataset.stages import guests_at, stages_up_to, vm_stage
from report.data.readings import Readings
from report.recommendation.ranking import Guidance, guide
from report.tables.cost_model import Cost, Difference, costs, differences
from report.tables.cpu import Table4, table_4
from report.tables.disk import Figure9, figure_9
from report.tables.loaded import Loaded, loaded
from report.tables.memory import MemoryInUse, Table3, comparable, table_3


@dataclass(frozen=True)
class Results:
    """Everything that is worked out from the measurements."""

    guests: int
    table3: Table3
    memory_in_use: MemoryInUse
    costs: dict[str, Cost]
    differences: list[tuple[str, str, Difference]]
    cpu: Table4
    disk: Figure9
    guidance: Guidance
    loaded: Loaded | None = None


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
    in_use = comparable(readings, stages)
    fitted = costs(in_use)
    cpus = dataset.study.lab_host("vcpus")
    cpu = table_4(readings, vm_stage(last), cpus if isinstance(cpus, int) else None)
    disk = figure_9(readings)
    found = Results(
        guests=last,
        table3=table_3(readings, stages),
        memory_in_use=in_use,
        costs=fitted,
        differences=differences(fitted),
        cpu=cpu,
        disk=disk,
        guidance=guide(readings.providers, in_use, fitted, cpu, disk),
        loaded=loaded(readings, dataset.study),
    )
    if not readings.sources():
        raise _nothing_to_print(dataset)
    return found


def _nothing_to_print(dataset: Dataset) -> HvlabError:
    return HvlabError(
        f"study {dataset.study.id} has no reading of memory, CPU or disk",
        "run the study, then render it again",
        code="nothing-read",
    )
