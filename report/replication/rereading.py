"""What the published study misread: worked out from its own tables."""

import itertools
import math
from dataclasses import dataclass

from dataset.stages import guests_at
from report.inference.lines import crossing
from report.recommendation.results import Results
from report.replication.hidden_memory import Hidden


@dataclass(frozen=True)
class Images:
    """The images of one hypervisor, as files are listed; bytes.

    Attributes:
        provider: Name as in data.
        length: Length of all of them.
        allocated: What their blocks take.
    """

    provider: str
    length: float
    allocated: float


@dataclass(frozen=True)
class Unused:
    """Memory that counted as a hypervisor's cost without guests, and what of it was free in the hypervisor; MiB.

    Attributes:
        hidden: The free memory, estimated from the fall of the host's total.
        versus: The hypervisor that the cost is a difference from.
        cost: By how much more memory was no longer free than under that one, before any guest.
        lacking: By how much the host's total was less than under that one then.
    """

    hidden: Hidden
    versus: str
    cost: float
    lacking: float


@dataclass(frozen=True)
class Crossing:
    """Two hypervisors of which the one with the higher fixed cost takes less for a further guest.

    Attributes:
        flat: Takes less for a further guest.
        steep: Takes more for one.
        slopes: What each of them takes for one, MiB.
        guests: From so many guests on `flat` takes less, on straight lines.
        read: The most guests that were read.
    """

    flat: str
    steep: str
    slopes: tuple[float, float]
    guests: int
    read: int


@dataclass(frozen=True)
class Rereading:
    """What the published study's numbers show beside what it says of them.

    Attributes:
        images: Of each hypervisor, in the order of what their blocks take.
        unused: Memory that was free in a hypervisor.
        crossings: Where the order of two hypervisors changes beyond the guests that were read.
    """

    images: list[Images]
    unused: list[Unused]
    crossings: list[Crossing]


def reread(found: Results, hidden: list[Hidden]) -> Rereading:
    """Work out what a published study misread.

    Args:
        found: What was worked out from its numbers.
        hidden: What was free in its hypervisors.
    """
    images = [
        Images(it.provider, it.apparent.mean, it.allocated.mean)
        for it in found.disk.folders
        if it.apparent is not None and it.allocated is not None
    ]
    unused = [each for it in hidden if (each := _unused(found, it)) is not None]
    return Rereading(sorted(images, key=lambda it: it.allocated), unused, list(_crossings(found)))


def _unused(found: Results, hidden: Hidden) -> Unused | None:
    baseline, cells = found.memory_in_use.baseline, found.memory_in_use.cells
    name = hidden.hypervisor.name
    stages = [stage for stage in found.table3.stages if guests_at(stage) == 0]
    if baseline is None or not stages:
        return None
    mine, plain = cells.get((name, stages[0])), cells.get((baseline.provider, stages[0]))
    total = found.table3.total.get((name, stages[0]))
    if mine is None or plain is None or total is None:
        return None
    return Unused(hidden, baseline.provider, mine.mean - plain.mean, baseline.total.mean - total.mean)


def _crossings(found: Results) -> list[Crossing]:
    crossings = []
    for one, other in itertools.combinations(found.costs.values(), 2):
        flat, steep = sorted((one, other), key=lambda it: it.per_guest.mean)
        if flat.line is None or steep.line is None:
            continue
        where = crossing(flat.line, steep.line)
        if where is not None and where > found.guests:
            slopes = (flat.per_guest.mean, steep.per_guest.mean)
            crossings.append(Crossing(flat.provider, steep.provider, slopes, math.floor(where) + 1, found.guests))
    return crossings
