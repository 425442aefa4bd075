"""Which pictures of a study are in the paper, and their numbers.

The 2011 study has two terminals with `free` (Figures 2 and 3), two managers' windows (4 and 5) and one terminal with
`mpstat` (7). Hypervisors take these numbers in print order; those beyond have the last number with a letter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from string import ascii_lowercase

from dataset import Dataset
from dataset.descriptors import HypervisorInfo
from report.figures.screenshots import MANAGER, Screen, Terminal, screen, terminal

GUEST = "server1"
"""The guest whose screen is shown."""


@dataclass(frozen=True)
class TerminalFigure:
    """A terminal with its figure's number; None in its place: a figure of the 2011 study that this study lacks."""

    number: str
    hypervisor: HypervisorInfo
    picture: Terminal | None


@dataclass(frozen=True)
class WindowFigure:
    """A manager's window with its figure's number."""

    number: str
    hypervisor: HypervisorInfo
    picture: Screen


@dataclass(frozen=True)
class Windows:
    """The managers' windows of one figure of the 2011 study.

    Attributes:
        number: The figure's number.
        hypervisors: Those that have their windows there.
        figures: The windows that the study has pictures of.
    """

    number: str
    hypervisors: tuple[HypervisorInfo, ...]
    figures: tuple[WindowFigure, ...]


@dataclass(frozen=True)
class Pictures:
    """The pictures of a study.

    Attributes:
        free: `free` at Booting: Figures 2, 3, 3a, ...
        windows: The managers' windows: Figure 4 has those with the manager of the first hypervisor, Figure 5 all
            others; a figure without hypervisors is left out.
        guests_number: Number of the figure with the guests' screens.
        guests: The screens of the guest `GUEST`.
        mpstat: `mpstat` at the last stage: Figure 7, or 7a, 7b, ...
    """

    free: tuple[TerminalFigure, ...]
    windows: tuple[Windows, ...]
    guests_number: str
    guests: tuple[Screen, ...]
    mpstat: tuple[TerminalFigure, ...]


def pictures_of(dataset: Dataset, last_stage: str) -> Pictures:
    """Collect the pictures of a study.

    Args:
        dataset: The study.
        last_stage: The stage at which `mpstat` is shown.

    Raises:
        HvlabError: A capture or a picture cannot be read.
    """
    hypervisors = dataset.study.hypervisors
    first, others = _by_manager(hypervisors)
    of_first = [(it, found) for it in first if (found := screen(dataset, it.name, MANAGER))]
    of_others = [(it, found) for it in others if (found := screen(dataset, it.name, MANAGER))]
    beyond = _numbers(5)
    windows = (
        Windows("4", first, tuple(map(_window, _lettered("4", len(of_first)), of_first))),
        # `zip` asks for the window first, so that no number is lost.
        Windows("5", others, tuple(_window(number, found) for found, number in zip(of_others, beyond, strict=False))),
    )
    guests = tuple(found for it in hypervisors if (found := screen(dataset, it.name, GUEST)))
    mpstat = [(it, shown) for it in hypervisors if (shown := terminal(dataset, it.name, last_stage, "mpstat"))]
    return Pictures(
        free=tuple(_free(dataset, hypervisors)),
        windows=tuple(it for it in windows if it.hypervisors),
        # Always an additional figure: the 2011 study has no such picture.
        guests_number=next(number for number in beyond if number != "5"),
        guests=guests,
        mpstat=tuple(
            TerminalFigure(number, it, shown)
            for number, (it, shown) in zip(_lettered("7", len(mpstat)), mpstat, strict=True)
        ),
    )


def _free(dataset: Dataset, hypervisors: tuple[HypervisorInfo, ...]) -> Iterator[TerminalFigure]:
    for number, it in zip(_numbers(2, 3), hypervisors, strict=False):
        found = terminal(dataset, it.name, "booting", "free")
        if found or number.isdigit():
            yield TerminalFigure(number, it, found)


def _by_manager(
    hypervisors: tuple[HypervisorInfo, ...],
) -> tuple[tuple[HypervisorInfo, ...], tuple[HypervisorInfo, ...]]:
    """Separate the hypervisors with the first hypervisor's manager from those with another one."""
    managed = [it for it in hypervisors if it.manager]
    first = tuple(it for it in managed if it.manager == managed[0].manager)
    return first, tuple(it for it in managed if it not in first)


def _window(number: str, found: tuple[HypervisorInfo, Screen]) -> WindowFigure:
    return WindowFigure(number, *found)


def _numbers(*of_2011: int) -> Iterator[str]:
    """Return the numbers of the 2011 study's figures, then the last with letters: 2, 3, 3a, 3b, ..."""
    beyond = (f"{of_2011[-1]}{letter}" for letter in ascii_lowercase)
    return chain(map(str, of_2011), beyond)


def _lettered(number: str, count: int) -> list[str]:
    """Return the numbers of the parts of one figure: 7, or 7a, 7b, ... of several."""
    return [number] if count == 1 else [f"{number}{letter}" for letter in ascii_lowercase[:count]]
