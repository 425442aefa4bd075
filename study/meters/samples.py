"""Several samples of one reading: their mean, median and spread; none is dropped.

The samples themselves stay in the capture. A sample is flagged as an outlier, and counted, when its modified
z-score 0.6745 |x - median| / MAD is above 3.5 (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993);
the spread is taken as no less than what the tool can print.
"""

import re
import statistics
from collections.abc import Callable, Collection, Mapping, Sequence

from dataset.descriptors import Unit
from study.meters.base import Number

_NORMAL = 0.6745  # MAD of a normal distribution, in standard deviations
_LIMIT = 3.5
# Fewer samples have no majority that an outlier could differ from.
LEAST_FOR_OUTLIERS = 4
_DIGITS = 4
# Between the samples of a command that takes one at a time, seconds.
PAUSE_S = 0.5
_REPEAT = (
    "sample=0; while [ $sample -lt {count} ]; do [ $sample = 0 ] || sleep {pause};"
    " {{ {line}; }} || exit; sample=$((sample+1)); done"
)
_REPEATED = re.compile(r"sample=0; while \[ \$sample -lt ([0-9]+) \];")


def is_spread(metric: str) -> bool:
    """Return whether a metric is one that `summarise` adds to the means."""
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
        numbers += _spread(metric, values, unit, resolution)
    return [*numbers, Number("samples", len(samples), "count")]


def repeated(line: str, count: int) -> str:
    """Make of a command line that takes one sample one that takes `count`, a pause of `PAUSE_S` between them."""
    return line if count == 1 else _REPEAT.format(count=count, pause=PAUSE_S, line=line)


def one_sample(line: str) -> tuple[str, int]:
    """Take apart what `repeated` made: the line that takes one sample, and how many it takes; (`line`, 1) of others."""
    count = asked(line)
    head, _, tail = _REPEAT.format(count=count, pause=PAUSE_S, line="\0").partition("\0")
    if count == 1 or not (line.startswith(head) and line.endswith(tail)):
        return line, 1
    return line[len(head) : -len(tail)], count


def asked(line: str) -> int:
    """Return how many samples a command line of `repeated` takes."""
    match = _REPEATED.match(line)
    return int(match[1]) if match else 1


def pauses(line: str) -> float:
    """Return how long a command line of `repeated` waits, seconds."""
    return (asked(line) - 1) * PAUSE_S


def split(lines: Sequence[str], key: Callable[[str], str]) -> list[list[str]]:
    """Split an output into its samples: each begins where the key of the first line comes again."""
    first = key(lines[0]) if lines else ""
    samples: list[list[str]] = []
    for line in lines:
        if key(line) == first:
            samples.append([])
        samples[-1].append(line)
    return samples


def alike(samples: Sequence[Sequence[str]], key: Callable[[str], str]) -> bool:
    """Return whether each sample has the same keys in the same order, and none twice: no line was lost or doubled."""
    forms = {tuple(map(key, sample)) for sample in samples}
    return len(forms) <= 1 and all(len(set(form)) == len(form) for form in forms)


def combine(
    samples: Sequence[Sequence[Number]], *, resolution: float, moving: Collection[str] | None = None
) -> list[Number]:
    """Make a reading's numbers of several samples' numbers, which may have different units.

    Args:
        samples: What the meter's parser of one sample gave.
        resolution: The smallest step that the tool prints.
        moving: The metrics that get a median and spread; None: all.

    Returns:
        As `summarise`. A metric that one of the samples lacks is absent.
    """
    if len(samples) == 1:
        return list(samples[0])
    columns = {
        number.metric: ([each.value for sample in samples for each in sample if each.metric == number.metric], number)
        for number in samples[0]
    }
    whole = {metric: column for metric, column in columns.items() if len(column[0]) == len(samples)}
    numbers = [Number(metric, _mean(values), one.unit) for metric, (values, one) in whole.items()]
    for metric, (values, one) in whole.items():
        if moving is None or metric in moving:
            numbers += _spread(metric, values, one.unit, resolution)
    return [*numbers, Number("samples", len(samples), "count")]


def _mean(values: Sequence[float]) -> float:
    """Return the mean; of values that are all the same this one, as it was printed."""
    return values[0] if len(set(values)) == 1 else round(statistics.fmean(values), _DIGITS)


def _spread(metric: str, values: Sequence[float], unit: Unit, resolution: float) -> list[Number]:
    return [
        Number(f"{metric}:median", round(statistics.median(values), _DIGITS), unit),
        Number(f"{metric}:mad", round(mad(values), _DIGITS), unit),
        Number(f"{metric}:outliers", len(outliers(values, resolution)), "count"),
    ]
