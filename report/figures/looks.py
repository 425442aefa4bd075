"""How each hypervisor is drawn: its name, its colour, and hatch, marker and dashes for print without colour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle

from dataset.descriptors import HypervisorInfo

# Okabe and Ito, Color Universal Design, 2008: distinguishable with every common kind of colour blindness.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")
_HATCHES = ("", "////", "xxx", "..", "\\\\\\\\", "++", "oo", "**")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_DASHES: tuple[str | tuple[int, tuple[int, ...]], ...] = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))


@dataclass(frozen=True)
class Look:
    """How one hypervisor is drawn.

    Attributes:
        title: Name in print.
        colour: Of its bars and lines, `#rrggbb`.
        hatch: Of its bars.
        marker: On its lines.
        dashes: Of its lines, as matplotlib knows line styles.
    """

    title: str
    colour: str
    hatch: str
    marker: str
    dashes: str | tuple[int, tuple[int, ...]]


Looks = Mapping[str, Look]
"""The study's hypervisors by their names in data, in print order."""


def looks_of(hypervisors: Sequence[HypervisorInfo]) -> dict[str, Look]:
    """Return how the hypervisors of a study are drawn.

    A hypervisor without a colour of its own gets the first of the palette that is still free. Hatches, markers and
    dashes go by position; with more hypervisors than there are of them they are used again.

    Args:
        hypervisors: In print order.
    """
    own = {it.colour.upper() for it in hypervisors if it.colour}
    free = cycle([colour for colour in PALETTE if colour not in own] or PALETTE)
    return {
        it.name: Look(
            it.title,
            it.colour or next(free),
            _HATCHES[place % len(_HATCHES)],
            _MARKERS[place % len(_MARKERS)],
            _DASHES[place % len(_DASHES)],
        )
        for place, it in enumerate(hypervisors)
    }
