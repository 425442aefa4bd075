"""`study.check` passes on a whole study and finds every kind of damage."""

from core.paths import PROJECT
from study.verify import check


def test_the_published_numbers_are_whole() -> None:
    assert check(PROJECT / "reference" / "paper-2011") == []
