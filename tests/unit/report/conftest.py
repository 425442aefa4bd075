"""Tests of the report's numbers and words; its pictures and files are tested in tests/functional/report."""

import pytest

from tests.support.drawings import leave_blank
from tests.support.made_up import make_study

__all__ = ["make_study"]


@pytest.fixture(autouse=True)
def _no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_blank(monkeypatch)
