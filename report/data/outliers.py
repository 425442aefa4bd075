"""Samples that lie far from the others of their reading: counted by the meters, named in the paper, never left out."""

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from dataset.stages import stage_position

# Of each meter that takes several samples, the number that the paper's tables rest upon.
_METRICS = {"free": "paper_free", "mpstat": "idle"}


class Outliers(NamedTuple):
    """The samples behind the paper's readings of memory and CPU.

    Attributes:
        samples: How many there were, all readings of several samples together.
        flagged: Hypervisor, repeat, stage, meter and number of flagged samples, of readings that have some.
    """

    samples: int
    flagged: list[tuple[str, int, str, str, int]]

    @property
    def total(self) -> int:
        """Flagged samples in all."""
        return sum(each[-1] for each in self.flagged)


def find_outliers(measurements: pd.DataFrame, providers: Sequence[str]) -> Outliers:
    """Collect the flags of a study.

    Args:
        measurements: The study's measurements.
        providers: Its hypervisors, in print order.

    Returns:
        The flags in the paper's order; a study whose readings are of one sample each has none.
    """
    samples = 0
    flagged: list[tuple[str, int, str, str, int]] = []
    for row in measurements.to_dict("records"):
        metric = _METRICS.get(row["meter"])
        if metric and row["metric"] == "samples":
            samples += int(row["value"])
        elif metric and row["metric"] == f"{metric}:outliers" and row["value"]:
            flagged.append((row["provider"], row["repeat"], row["stage"], row["meter"], int(row["value"])))
    flagged.sort(key=lambda it: (providers.index(it[0]), it[1], stage_position(it[2]), it[3]))
    return Outliers(samples, flagged)
