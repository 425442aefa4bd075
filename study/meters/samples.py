"""Several samples of one reading: their mean, median and spread; none is dropped.

The samples themselves stay in the capture. A sample is flagged as an outlier, and counted, when its modified
z-score 0.6745 |x - median| / MAD is above 3.5 (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993);
the spread is taken as no less than what the tool can print.
"""

import statistics
from collections.abc import Mapping, Sequence

from study.dataset import Unit
from study.meters.base import Number

_NORMAL = 0.6745  # MAD of a normal distribution, in standard deviations
_LIMIT = 3.5
# Fewer samples have no majority that an outlier could be told from.
LEAST_FOR_OUTLIERS = 4
_DIGITS = 4


def is_spread(metric: str) -> bool:
    """Tell whether a metric is one that `summarise` adds to the means."""
    return metric == "samples" or metric.endswith((":median", ":mad", ":outliers"))


def mad(values: Sequence[float]) -> float:
    """Return the median absolute deviation from the median, unscaled."""
    middle = statistics.median(values)
    return statistics.median(abs(value - middle) for value in values)


def outliers(values: Sequence[float], resolution: float) -> list[int]:
    """Return the positions of the outliers.

    Args:
        values: The samples.
        resolution: The smallest step that the tool prints, in the samples' unit.
    """
    if len(values) < LEAST_FOR_OUTLIERS:
        return []
    middle, spread = statistics.median(values), max(mad(values), resolution)
    return [at for at, value in enumerate(values) if _NORMAL * abs(value - middle) / spread > _LIMIT]


def summarise(
    samples: Sequence[Mapping[str, float]],
    unit: Unit,
    *,
    resolution: float,
    means: Mapping[str, float] | None = None,
) -> list[Number]:
    """Make a reading's numbers of its samples.

    Args:
        samples: Metric to value, one mapping a sample, all with the same metrics.
        unit: Unit of them all.
        resolution: The smallest step that the tool prints.
        means: What the tool itself gives as mean; without, the arithmetic mean is taken.

    Returns:
        Of one sample its values. Of several the means under the metrics' own names; `METRIC:median`, `METRIC:mad`
        and `METRIC:outliers` (a count); and `samples`, how many there were.
    """
    if len(samples) == 1 and means is None:
        return [Number(metric, value, unit) for metric, value in samples[0].items()]
    columns = {metric: [sample[metric] for sample in samples] for metric in samples[0]}
    given = means or {metric: round(statistics.fmean(values), _DIGITS) for metric, values in columns.items()}
    numbers = [Number(metric, value, unit) for metric, value in given.items()]
    if len(samples) == 1:
        return numbers
    for metric, values in columns.items():
        numbers.append(Number(f"{metric}:median", round(statistics.median(values), _DIGITS), unit))
        numbers.append(Number(f"{metric}:mad", round(mad(values), _DIGITS), unit))
        numbers.append(Number(f"{metric}:outliers", len(outliers(values, resolution)), "count"))
    return [*numbers, Number("samples", len(samples), "count")]
