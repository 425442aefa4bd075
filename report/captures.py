"""The captures behind the paper's numbers, grouped so that a long study still fits a short table."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePosixPath

from report.readings import Source


@dataclass(frozen=True)
class Captures:
    """What was read at one stage of one run: meters, and their files in one folder of the study."""

    provider: str
    repeat: int
    stage: str
    meters: tuple[str, ...]
    folder: str
    files: tuple[str, ...]


def group_captures(sources: Iterable[Source]) -> list[Captures]:
    """Group captures of the same stage, run and folder.

    Args:
        sources: Captures in the paper's order.

    Returns:
        One entry for each stage, run and folder, in that order; every capture is in exactly one.
    """
    return [
        Captures(
            provider,
            repeat,
            stage,
            meters=tuple(dict.fromkeys(source.meter for source in group)),
            folder=folder,
            files=tuple(dict.fromkeys(PurePosixPath(source.capture).name for source in group)),
        )
        for (provider, repeat, stage, folder), found in groupby(sources, _place)
        for group in [list(found)]
    ]


def _place(source: Source) -> tuple[str, int, str, str]:
    return source.provider, source.repeat, source.stage, str(PurePosixPath(source.capture).parent)
