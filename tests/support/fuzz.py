"""Fuzzing: inputs of an area are generated from a seed, tried, and what became of each is counted.

`./invoke test --fuzz=N` tries N of each area (tests/functional/fuzz); the functional tests try a few.
"""

import os
import traceback
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from core.errors import HvlabError
from core.paths import PROJECT

_BATCH = 1000
"""Hypothesis remembers what it tried, so that it does not try it again: after so many it forgets."""
_LONGEST_MESSAGE = 2000


@dataclass(frozen=True)
class Input:
    """One generated input.

    Attributes:
        kind: What was generated, or what was changed, in a few words. A kind that may be accepted although its numbers
            are others is argued in `Area.argued`.
        shown: The input in short, for the list.
        read: Reads it as hvlab does. Raises HvlabError if it is refused.
        whole: What `read` returns if nothing is wrong.
    """

    kind: str
    shown: str
    read: Callable[[], object]
    whole: object


@dataclass(frozen=True)
class Area:
    """What is fuzzed in one place.

    Attributes:
        name: In the table of counts.
        prepare: Makes in an empty folder what all inputs of the area begin with, once; returns it.
        draw: Generates an input.
        argued: Why inputs of a kind are accepted although their numbers are others.
        quick: How many inputs the functional tests try.
    """

    name: str
    prepare: Callable[[Path], Any]
    draw: Callable[[Any, st.DataObject], Input]
    argued: Mapping[str, str] = field(default_factory=dict)
    quick: int = 20

    def __str__(self) -> str:
        return self.name


@dataclass
class Counts:
    """What became of the inputs of an area.

    Attributes:
        tried: All inputs.
        refused: An error of one line.
        same: Accepted, with the numbers of the input that nothing is wrong with.
        other: Accepted with other numbers: a count for each kind.
        tracebacks: Each place in the code with its first input; also errors that are not one line.
        examples: For each kind of `other`, inputs in short; all of them.
        argued: As in the area.
    """

    area: str
    tried: int = 0
    refused: int = 0
    same: int = 0
    traceback: int = 0
    other: Counter[str] = field(default_factory=Counter)
    tracebacks: dict[str, str] = field(default_factory=dict)
    examples: list[tuple[str, str]] = field(default_factory=list)
    argued: Mapping[str, str] = field(default_factory=dict)

    @property
    def unargued(self) -> list[str]:
        """Kinds that were accepted with other numbers, without an argument."""
        return [kind for kind in self.other if kind not in self.argued]

    def line(self) -> str:
        """Return the counts as a row of the table."""
        numbers = (self.tried, self.refused, self.traceback, self.same, self.other.total())
        return f"{self.area:26}" + "".join(f"{number:>11,}" for number in numbers)

    def details(self) -> list[str]:
        """Return what is beside the counts: tracebacks with an input, and the arguments."""
        lines = [f"  traceback {where}\n    {shown}" for where, shown in self.tracebacks.items()]
        for kind, count in sorted(self.other.items()):
            first = next(shown for each, shown in self.examples if each == kind)
            why = self.argued.get(kind, "NOT ARGUED")
            lines.append(f"  other numbers {count:>6,}  {kind}: {why}\n    e.g. {first}")
        return lines


HEADER = f"{'area':26}" + "".join(f"{name:>11}" for name in ("tried", "refused", "traceback", "same", "other"))


def wanted(area: Area) -> int:
    """Return how many inputs of an area are tried."""
    return int(os.environ.get("HVLAB_FUZZ", area.quick))


def run(area: Area, folder: Path, count: int) -> Counts:
    """Try inputs of an area; the same ones each time.

    Args:
        area: The area.
        folder: For what they need; empty or not there.
        count: How many.
    """
    counts = Counts(area.name, argued=area.argued)
    folder.mkdir(parents=True, exist_ok=True)
    place = area.prepare(folder)
    for batch, first in enumerate(range(0, count, _BATCH)):

        @seed(batch)
        @settings(
            max_examples=min(_BATCH, count - first),
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.data())
        def attempt(data: st.DataObject) -> None:
            _count(counts, area.draw(place, data))

        attempt()
    return counts


def _count(counts: Counts, tried: Input) -> None:
    counts.tried += 1
    try:
        found = tried.read()
    except HvlabError as error:
        said = str(error)
        if "\n" in said or not said.strip() or len(said) > _LONGEST_MESSAGE:
            _keep(counts, f"error {error.code} of {len(said)} characters, not one line", tried)
        else:
            counts.refused += 1
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted.
        frames = [
            frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(PROJECT)
        ]
        last = frames[-1]
        where = f"{Path(last.filename).relative_to(PROJECT)}:{last.lineno}"
        _keep(counts, f"{type(error).__name__} at {where}: {str(error)[:200]!r}", tried)
    else:
        if found == tried.whole:
            counts.same += 1
        else:
            counts.other[tried.kind] += 1
            counts.examples.append((tried.kind, tried.shown))


def _keep(counts: Counts, where: str, tried: Input) -> None:
    counts.traceback += 1
    place = where.partition(":")[0] + ":" + where.partition(":")[2].partition(":")[0]
    if all(not each.startswith(place) for each in counts.tracebacks):
        counts.tracebacks[where] = f"{tried.kind}: {tried.shown}"
