"""How well a study knows each provider's memory cost per guest."""

from pathlib import Path

from dataset import load
from dataset.stages import vm_stage
from report.data.names import PROVIDERS
from report.data.readings import Readings
from report.tables.cost_model import costs
from report.tables.memory import comparable


def half_widths(folder: Path) -> dict[str, float | None]:
    """Return half the width of the 95 % interval of each provider's cost per guest.

    Args:
        folder: A study's folder; it need not be finished.

    Returns:
        MiB by provider; None where fewer than two runs tell it.

    Raises:
        HvlabError: The dataset cannot be read.
    """
    dataset = load(folder)
    stages = tuple(vm_stage(number) for number in range(1, dataset.study.parameters.guests + 1))
    found = costs(comparable(Readings(dataset.measurements), stages))
    return {
        provider: found[provider].per_guest.half_width if provider in found else None
        for provider in PROVIDERS
        if provider in dataset.study.parameters.providers
    }
