"""Measures the time of the parts of a stage."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from dataset.models import StageTiming


class StageClock:
    """Times the parts of one stage; the rest is the tool's own share."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._parts = {"booting_s": 0.0, "settling_s": 0.0, "reading_s": 0.0}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add the time of the block to `booting`, `settling` or `reading`."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self._parts[f"{name}_s"] += time.monotonic() - begun

    def timing(self, stage: str, settled: bool) -> StageTiming:
        """Return the stage's timing, in seconds."""
        own = time.monotonic() - self._begun - sum(self._parts.values())
        parts = {name: round(seconds, 2) for name, seconds in self._parts.items()}
        return StageTiming(stage=stage, **parts, kit_s=round(own, 2), settled=settled)
