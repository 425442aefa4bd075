"""The controller's clock is set back or forward while a study runs: it goes on, and what it leaves is whole."""

from contextlib import ExitStack
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self
from unittest.mock import patch

import pytest

from dataset.captures import read_index
from dataset.models import load_study
from study.plan import Plan
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, take

# Where the time of day is read while a study is taken.
READERS = ("study.clock", "study.screenshots", "study.measure.collector", "dataset.journal")
# Every so many questions for the time.
OFTEN = 7


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_study_goes_on(hours: int, tmp_path: Path) -> None:
    asked: list[datetime] = []

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            asked.append(super().now(tz))
            return super().now(tz) + len(asked) // OFTEN * timedelta(hours=hours)

    with ExitStack() as clocks:
        for module in READERS:
            clocks.enter_context(patch(f"{module}.datetime", Stepped))
        folder = take(tmp_path / "studies", FakeLab(tmp_path / "state", fake_settings(1)), Plan(("kvm",), 2, 7))
    assert len(asked) > OFTEN
    assert check(folder) == []
    study = load_study(folder)
    assert study.finished
    indexes = [*folder.glob("runs/*/captures/*/index.json"), *folder.glob("runs/*/screens/index.json")]
    # Durations are of a clock that nobody sets.
    assert all(0 <= entry.seconds < 600 for index in indexes for entry in read_index(index).values())
