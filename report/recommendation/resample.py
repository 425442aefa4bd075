"""What hypervisors and their guests take, over many resamples of the boots."""

from collections.abc import Mapping

import numpy as np

from report.recommendation.demand import Demand
from report.stats.bootstrap import resampled_means


def resample(demands: Mapping[str, Demand]) -> dict[str, dict[str, np.ndarray]]:
    """Resample the boots of each hypervisor, each of which was read in two or more.

    Args:
        demands: By hypervisor.

    Returns:
        By hypervisor: one array of means a quantity, `fixed`, `as_read` and, where they were read, `cpu` and `disk`;
        the same numbers every time.
    """
    groups: list[tuple[str, tuple[str, ...]]] = []
    samples: list[list[tuple[float, ...]]] = []
    for provider, it in demands.items():
        # What was read in the same boots is resampled together; a reading that a boot lacks is resampled by itself.
        values = {"fixed": it.fixed.values, "as_read": it.as_read.values}
        alone = {name: e.values for name, e in (("cpu", it.cpu), ("disk", it.disk)) if e is not None}
        values |= {name: each for name, each in alone.items() if len(each) == it.as_read.n}
        for names in [tuple(values), *((name,) for name in alone if name not in values)]:
            groups.append((provider, names))
            samples.append([(values | alone)[name] for name in names])
    drawn: dict[str, dict[str, np.ndarray]] = {provider: {} for provider in demands}
    for (provider, names), means in zip(groups, resampled_means(samples), strict=True):
        drawn[provider].update(zip(names, means, strict=True))
    return drawn
