"""A study beside the published one: what they share, and what the inference's answers are called in print."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dataset.models import StudyInfo
from dataset.stages import guests_at
from report.inference.intervals import Interval, Measured
from report.inference.verdicts import Decided
from report.inference.verdicts import Verdict as Answer
from report.replication.claims import Need
from report.tables.quantities import Quantities

Verdict = Literal["reproduced", "not reproduced", "cannot tell", "not comparable", "consistent", "not consistent"]
"""Of a published study held against its own numbers: `consistent` or not, since nothing was repeated."""


@dataclass(frozen=True)
class Amount:
    """A mean over repeats, its 95 % interval (None for one repeat), and the number of repeats."""

    mean: float
    interval: Interval | None
    n: int


def amount_of(values: pd.Series) -> Amount:
    """Summarise one value per repeat."""
    return as_amount(measured(values))


def measured(values: pd.Series, resolution: float = 0.0) -> Measured:
    """Return one value per repeat as the inference takes it."""
    return Measured.of([float(value) for value in values], resolution)


def as_amount(it: Measured) -> Amount:
    """Return what is printed of a value."""
    return Amount(it.mean, it.interval, it.n)


@dataclass(frozen=True)
class Comparison:
    """A study beside the published one.

    Attributes:
        study: The study.
        reference: The published one; beside its own numbers it shares everything with itself.
        quantities: The study's numbers.
        needs: Needs of single hypervisors, by name.
    """

    study: StudyInfo
    reference: StudyInfo
    quantities: Quantities
    needs: Mapping[str, Need]

    @property
    def itself(self) -> bool:
        """Whether the study is the published one."""
        return self.study.id == self.reference.id

    def verdict(self, decided: Decided) -> Verdict:
        """Return what is printed for an answer of the inference.

        Beside itself a published study repeats nothing: its numbers are taken as printed.
        """
        if self.itself:
            return "consistent" if decided.resolved else "not consistent"
        return PRINTED[decided.verdict]

    def unmet(self, needs: Iterable[str]) -> str:
        """Return the first of `needs` that the study does not share with the reference; empty if it shares all."""
        return next((name for name in needs if not self._shares(name)), "")

    def _shares(self, name: str) -> bool:
        if name == "memory-touched":
            return self._memory_touched()
        if name in _COMMON:
            return _COMMON[name](self.study, self.reference)
        need = self.needs[name]
        if need.free_memory is not None:
            return self.quantities.memory_in_use.scopes.get(need.free_memory.provider) == need.free_memory.scope
        return need.total_falls is not None and self._total_falls(need.total_falls)

    def _total_falls(self, provider: str) -> bool:
        """Tell whether the host's total is less with all guests than without any."""
        readings = self.quantities.readings
        stages = readings.stages(provider, "free")
        read = {guests_at(s): readings.estimate(provider, s, "free", "total", "MiB") for s in stages}
        first, last = read.get(0), read.get(max(read, default=0))
        return first is not None and last is not None and last.mean < first.mean

    def _memory_touched(self) -> bool:
        """Tell whether a further guest took at least its own memory, wherever memory is given when it is touched.

        Else a hypervisor that gives it at a guest's start is behind for that alone.
        """
        given = self.study.parameters.guest_memory_mib
        of_2011 = {it.name for it in self.reference.hypervisors}
        names = [it.name for it in self.study.hypervisors if it.guest_memory == "on-touch" and it.name in of_2011]
        costs = [self.quantities.costs.get(name) for name in names]
        return given is not None and all(cost is not None and cost.per_guest.mean >= given for cost in costs)


PRINTED: dict[Answer, Verdict] = {
    Answer.YES: "reproduced",
    Answer.NO: "not reproduced",
    Answer.CANNOT_TELL: "cannot tell",
}

_COMMON: dict[str, Callable[[StudyInfo, StudyInfo], bool]] = {
    "cpu": lambda study, _reference: study.environment.accelerator != "tcg",
    "guest-os": lambda study, reference: study.parameters.guest_os == reference.parameters.guest_os,
    "guest-memory": lambda study, reference: study.parameters.guest_memory_mib == reference.parameters.guest_memory_mib,
    "guest-disk": lambda study, reference: study.parameters.guest_disk_gib == reference.parameters.guest_disk_gib,
    "disk-strategy": lambda study, reference: study.parameters.disk_strategy == reference.parameters.disk_strategy,
}
