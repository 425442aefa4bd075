"""Measures the time of the parts of a stage."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from dataset.models import StageTiming
from study.controller_load import ControllerLoad


class StageClock:
    """Times the parts of one stage; the rest is the tool's own share.

    Attributes:
        load: What measures this machine over the reading; None: nothing does.
    """

    def __init__(self) -> None:
        self.load: ControllerLoad | None = None
        self._begun = time.monotonic()
        self._parts = {"booting_s": 0.0, "settling_s": 0.0, "reading_s": 0.0}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add the time of the block to `booting`, `settling` or `reading`."""
        begun = time.monotonic()
        load = self.load if name == "reading" else None
        if load:
            load.begin()
        try:
            yield
            # Not of a reading that failed.
            if load:
                load.end()
        finally:
            self._parts[f"{name}_s"] += time.monotonic() - begun

    def timing(self, stage: str, settled: bool) -> StageTiming:
        """Return the stage's timing, in seconds."""
        own = time.monotonic() - self._begun - sum(self._parts.values())
        parts = {name: round(seconds, 2) for name, seconds in self._parts.items()}
        found = self.load.found if self.load else {}
        timing = StageTiming(stage=stage, **parts, kit_s=round(own, 2), settled=settled)
        return timing.model_copy(update=found)
