"""How precisely a study knows each hypervisor's memory cost per guest."""

from pathlib import Path

from dataset import load
from dataset.stages import vm_stage
from report.data.readings import Readings
from report.tables.cost_model import costs
from report.tables.memory import comparable


def half_widths(folder: Path) -> dict[str, float | None]:
    """Return half the width of the 95 % interval of each hypervisor's cost per guest.

    Args:
        folder: A study's folder; it need not be finished.

    Returns:
        MiB by hypervisor; None where it was read in fewer than two runs.

    Raises:
        HvlabError: The dataset cannot be read.
    """
    dataset = load(folder)
    stages = tuple(vm_stage(number) for number in range(1, dataset.study.parameters.guests + 1))
    found = costs(comparable(Readings(dataset.measurements, dataset.study), stages))
    return {
        provider: found[provider].per_guest.half_width if provider in found else None
        for provider in dataset.study.parameters.providers
    }
