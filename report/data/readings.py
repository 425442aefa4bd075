"""Numbers of a dataset by name, one value per repeat or averaged; keeps a list of the captures that were used."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
import pandas as pd

from core.errors import HvlabError
from dataset.derived import DERIVED, Summand, describe, summands, unit_factor
from dataset.descriptors import DerivedInfo, Descriptors
from dataset.stages import phase_of, stage_position
from report.inference.intervals import Interval, Measured, of_mean


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
        """The mean's 95 % interval by Student's t over boots; None for n = 1."""
        return of_mean(self.values)

    def measured(self, resolution: float = 0.0) -> Measured:
        """Return it for a comparison; `resolution` is what reading errors can move it by, in its unit."""
        return Measured.of(self.values, resolution)

    @property
    def half_width(self) -> float | None:
        """Half the interval's width; None for n = 1."""
        return None if self.interval is None else self.interval.half_width

    def over(self, count: int) -> "Estimate":
        """Return a share of it: divided by `count`."""
        sd = None if self.sd is None else self.sd / count
        return Estimate(self.mean / count, self.n, sd, tuple(value / count for value in self.values))

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
    """The measurements of a study by hypervisor, stage, meter and metric, and the numbers derived from them.

    Attributes:
        hypervisors: The study's hypervisors, in print order.
        providers: Their names in data.
    """

    def __init__(self, measurements: pd.DataFrame, described: Descriptors) -> None:
        self.hypervisors = described.hypervisors
        self.providers = tuple(it.name for it in described.hypervisors)
        self._meters = {it.name: it.title for it in described.meters}
        self._described = described
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

    def derived_info(self, provider: str, name: str) -> DerivedInfo | None:
        """Return how a derived number is computed under a hypervisor; None if the study does not describe it."""
        return describe(self._described, provider, name)

    def derived(self, provider: str, stage: str, name: str, unit: str) -> pd.Series | None:
        """Return a derived number, one value per repeat: the sum of its terms.

        It is what `dataset.derived.evaluate` returns; the captures behind it are noted as sources.

        Args:
            provider: Name as in data.
            stage: Name as in data.
            name: Name of the derived number.
            unit: Unit of the result; MiB, KiB and B are converted into one another.

        Returns:
            The values of the repeats in which every term was read; None if there is none, or if the study does not
            describe the number for this hypervisor.

        Raises:
            HvlabError: A term is in a unit that cannot be converted.
        """
        columns: list[pd.Series] = []
        for term in self._terms(provider, name):
            metrics = term.names(self.metrics(provider, stage, term.meter))
            found = [self.per_repeat(provider, stage, term.meter, metric, unit) for metric in metrics]
            if not found:
                return None
            columns += [values * term.factor for values in found if values is not None]
        if not columns:
            return None
        total = pd.concat(columns, axis=1).sum(axis=1, skipna=False).dropna()
        return total if len(total) else None

    def number(self, provider: str, stage: str, meter: str, metric: str, unit: str) -> pd.Series | None:
        """Return a number of a meter, or of the meter `DERIVED` a derived number; else as `per_repeat`."""
        if meter == DERIVED:
            return self.derived(provider, stage, metric, unit)
        return self.per_repeat(provider, stage, meter, metric, unit)

    def behind(self, provider: str, stage: str, name: str) -> list[tuple[str, str]]:
        """List the meters and metrics that a derived number is computed from at a stage."""
        return [
            (term.meter, metric)
            for term in self._terms(provider, name)
            for metric in term.names(self.metrics(provider, stage, term.meter))
        ]

    def _terms(self, provider: str, name: str) -> tuple[Summand, ...]:
        info = self.derived_info(provider, name)
        return () if info is None else summands(self._described, info)

    def meters_behind(self, provider: str, stage: str, name: str) -> list[str]:
        """List the names in print of the meters that a derived number is computed from at a stage."""
        meters = dict.fromkeys(meter for meter, _ in self.behind(provider, stage, name))
        return [self._meters.get(meter, meter) for meter in meters]

    def metrics(self, provider: str, stage: str, meter: str) -> list[str]:
        """List the metrics that a meter has at a stage, in the order of their names."""
        return [key[3] for key in self._rows if key[:3] == (provider, stage, meter)]

    def stages(self, provider: str, meter: str | None = None) -> list[str]:
        """List the stages without a load at which a meter (None: any) has a number, in the order of a run."""
        return self.stages_of("", provider, meter)

    def stages_of(self, phase: str, provider: str, meter: str | None = None) -> list[str]:
        """List the stages of a phase (`dataset.stages.Stage`) at which a meter has a number, in the order of a run."""
        found = {key[1] for key in self._rows if key[0] == provider and meter in (None, key[2])}
        return sorted((stage for stage in found if phase_of(stage) == phase), key=stage_position)

    def last_stage(self) -> str:
        """Return the stage without a load with the most guests of which anything is known."""
        return max((key[1] for key in self._rows if not phase_of(key[1])), key=stage_position)

    def sources(self) -> list[Source]:
        """List the captures behind every number asked for so far, in the paper's order."""
        return sorted(
            self._sources,
            key=lambda it: (self.providers.index(it.provider), it.repeat, stage_position(it.stage), it[3:]),
        )


def over_stages(readings: Readings, provider: str, meter: str, metric: str, unit: str) -> Estimate | None:
    """Return a number's mean over the stages of a run, then over repeats; None if it was not read."""
    stages = readings.stages(provider, meter)
    columns = [readings.per_repeat(provider, stage, meter, metric, unit) for stage in stages]
    present = [column for column in columns if column is not None]
    return Estimate.of(pd.concat(present, axis=1).mean(axis=1)) if present else None


def range_of_n(estimates: Iterable[Estimate | None]) -> tuple[int, int] | None:
    """Return the least and the greatest number of repeats among those that were read; None if none was."""
    counts = [estimate.n for estimate in estimates if estimate is not None]
    return (min(counts), max(counts)) if counts else None


def _factor(given: str, wanted: str, meter: str, metric: str) -> float:
    try:
        return unit_factor(given, wanted)
    except HvlabError as error:
        message = f"measurements.csv: {meter} {metric} is in {given}, expected {wanted}"
        raise HvlabError(message, "see docs/reference/dataset.md", code="wrong-unit") from error
