"""Numbers asked of a dataset by name, averaged over repeats; remembers which captures were drawn upon."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from core.errors import HvlabError
from dataset.stages import guests_at
from report.data.names import PROVIDERS
from report.stats.bootstrap import Interval, of_mean

_BYTES = {"MiB": 1024.0 * 1024.0, "KiB": 1024.0, "B": 1.0}
_STAGE_WITHOUT_GUEST = {"booting": -1, "manager": 0}


@dataclass(frozen=True)
class Estimate:
    """A quantity over the repeats of a study.

    Attributes:
        mean: Arithmetic mean, in the unit that was asked for.
        n: Number of repeats (boots of the lab host) in the mean.
        sd: Sample standard deviation, None for n = 1.
        values: The repeats themselves.
    """

    mean: float
    n: int
    sd: float | None = None
    values: tuple[float, ...] = field(default=(), compare=False, repr=False)

    @classmethod
    def of(cls, values: pd.Series) -> Self:
        """Summarise one value per repeat; `values` must not be empty."""
        count = len(values)
        repeats = tuple(float(value) for value in values)
        return cls(float(values.mean()), count, float(values.std(ddof=1)) if count > 1 else None, repeats)

    @cached_property
    def interval(self) -> Interval | None:
        """The mean's 95 % interval by bootstrap over runs; None for n = 1."""
        return of_mean(self.values)

    @property
    def half_width(self) -> float | None:
        """Half the interval's width; None for n = 1."""
        return None if self.interval is None else self.interval.half_width

    @property
    def median(self) -> float:
        """The median of the repeats."""
        return statistics.median(self.values)

    @property
    def mad(self) -> float:
        """The median absolute deviation from it, unscaled."""
        middle = self.median
        return statistics.median(abs(value - middle) for value in self.values)


class Source(NamedTuple):
    """One capture that at least one printed number was read from."""

    provider: str
    repeat: int
    stage: str
    meter: str
    capture: str


class Readings:
    """The measurements of a study, asked for by provider, stage, meter and metric."""

    def __init__(self, measurements: pd.DataFrame) -> None:
        # Only where each number's rows are: a long study has thousands of numbers, of which the paper asks for some.
        ordered = measurements.sort_values("repeat", kind="stable")
        # Arrays, since a frame of a number's rows takes a hundred times as long as the rows' arrays.
        self._repeats, self._values = ordered["repeat"].to_numpy(), ordered["value"].to_numpy()
        self._units, self._captures = ordered["unit"].tolist(), ordered["capture"].tolist()
        grouped = ordered.groupby(["provider", "stage", "meter", "metric"], sort=True)
        self._rows: dict[tuple[str, ...], np.ndarray] = {
            tuple(str(part) for part in key): np.asarray(positions)
            for key, positions in sorted(grouped.indices.items())
            if isinstance(key, tuple)
        }
        self._sources: set[Source] = set()

    def per_repeat(self, provider: str, stage: str, meter: str, metric: str, unit: str) -> pd.Series | None:
        """Return one value per repeat, indexed by repeat.

        Args:
            provider: Name as in data.
            stage: Name as in data.
            meter: Name of the meter.
            metric: Name of the number within the meter.
            unit: Unit of the result; MiB, KiB and B are converted into one another.

        Returns:
            The values, or None if none was read: absent is never zero.

        Raises:
            HvlabError: The dataset holds the number in a unit that cannot be converted.
        """
        positions = self._rows.get((provider, stage, meter, metric))
        if positions is None:
            return None
        repeats = self._repeats[positions]
        for repeat, position in zip(repeats, positions, strict=True):
            self._sources.add(Source(provider, int(repeat), stage, meter, str(self._captures[position])))
        factors = [_factor(str(self._units[position]), unit, meter, metric) for position in positions]
        return pd.Series(self._values[positions] * factors, index=pd.Index(repeats, name="repeat"), name="value")

    def estimate(self, provider: str, stage: str, meter: str, metric: str, unit: str) -> Estimate | None:
        """Return the mean over repeats, or None; arguments and errors as `per_repeat`."""
        values = self.per_repeat(provider, stage, meter, metric, unit)
        return None if values is None else Estimate.of(values)

    def metrics(self, provider: str, stage: str, meter: str) -> list[str]:
        """List the metrics that a meter has at a stage, in the order of their names."""
        return [key[3] for key in self._rows if key[:3] == (provider, stage, meter)]

    def stages(self, provider: str, meter: str) -> list[str]:
        """List the stages at which a meter has a number, in the order of a run."""
        found = {key[1] for key in self._rows if (key[0], key[2]) == (provider, meter)}
        return sorted(found, key=stage_position)

    def last_stage(self) -> str:
        """Return the stage with the most guests of which anything is known."""
        return max((key[1] for key in self._rows), key=stage_position)

    def sources(self) -> list[Source]:
        """List the captures behind every number asked for so far, in the paper's order."""
        return sorted(
            self._sources,
            key=lambda it: (PROVIDERS.index(it.provider), it.repeat, stage_position(it.stage), it[3:]),
        )


def over_stages(readings: Readings, provider: str, meter: str, metric: str, unit: str) -> Estimate | None:
    """Return a number's mean over the stages of a run, then over repeats; None if it was not read."""
    stages = readings.stages(provider, meter)
    columns = [readings.per_repeat(provider, stage, meter, metric, unit) for stage in stages]
    told = [column for column in columns if column is not None]
    return Estimate.of(pd.concat(told, axis=1).mean(axis=1)) if told else None


def stage_position(stage: str) -> int:
    """Return a number that sorts stages in the order of a run."""
    return _STAGE_WITHOUT_GUEST.get(stage, guests_at(stage))


def range_of_n(estimates: Iterable[Estimate | None]) -> tuple[int, int] | None:
    """Return the least and the greatest number of repeats among those that were read; None if none was."""
    counts = [estimate.n for estimate in estimates if estimate is not None]
    return (min(counts), max(counts)) if counts else None


def _factor(given: str, wanted: str, meter: str, metric: str) -> float:
    if given == wanted:
        return 1.0
    if given in _BYTES and wanted in _BYTES:
        return _BYTES[given] / _BYTES[wanted]
    message = f"measurements.csv: {meter} {metric} is in {given}, expected {wanted}"
    raise HvlabError(message, "see docs/reference/dataset.md")
