"""The captures behind the paper's numbers, grouped so that a long study still fits a short table."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path, PurePosixPath

from dataset.captures import INDEX_FILE, CaptureInfo, read_index
from dataset.paths import in_study
from report.data.readings import Source

_SHOWN_DIGITS = 12
"""Of a SHA-256: enough to tell a changed capture; `index.json` has all 64."""


@dataclass(frozen=True)
class Captures:
    """What was read at one stage of one run: meters, and their files in one folder, each with its SHA-256's head."""

    provider: str
    repeat: int
    stage: str
    meters: tuple[str, ...]
    folder: str
    files: tuple[tuple[str, str], ...]


def group_captures(sources: Iterable[Source], study: Path) -> list[Captures]:
    """Group captures of the same stage, run and folder.

    Args:
        sources: Captures in the paper's order.
        study: The study's folder, whose indexes have the SHA-256; empty for a capture without one.

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
            files=tuple(dict.fromkeys((PurePosixPath(it.capture).name, _digest(study, it)) for it in group)),
        )
        for (provider, repeat, stage, folder), found in groupby(sources, _place)
        for group in [list(found)]
    ]


def _place(source: Source) -> tuple[str, int, str, str]:
    return source.provider, source.repeat, source.stage, str(PurePosixPath(source.capture).parent)


def commands(sources: Iterable[Source], study: Path) -> list[tuple[str, tuple[str, ...]]]:
    """List the command lines of each meter, as the captures' indexes have them, by the meter's name."""
    found: dict[str, dict[str, None]] = {}
    for source in sources:
        info = capture_info(study, source.capture)
        if info:
            found.setdefault(source.meter, {})[info.command] = None
    return [(meter, tuple(found[meter])) for meter in sorted(found)]


def capture_info(study: Path, capture: str) -> CaptureInfo | None:
    """Return how a capture was made.

    Args:
        study: The study's folder.
        capture: Path relative to it.

    Returns:
        Its entry in the stage's index; None where there is no index, as in a published study, or no entry.

    Raises:
        HvlabError: The index is damaged, or the path leads out of the folder.
    """
    path = in_study(study, capture)
    # The index itself is no link (`read_index`), so that it lies where the capture does.
    return _index(path.with_name(INDEX_FILE)).get(path.name)


@lru_cache(maxsize=4096)
def _index(path: Path) -> dict[str, CaptureInfo]:
    return read_index(path) if os.path.lexists(path) else {}


def _digest(study: Path, source: Source) -> str:
    info = capture_info(study, source.capture)
    return info.sha256[:_SHOWN_DIGITS] if info else ""
