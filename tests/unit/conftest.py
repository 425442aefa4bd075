"""What holds for the unit tests."""

import pytest

# The files that take longest. They come first, so that at the end no worker has a long one to itself.
_LONGEST = ("test_resume.py", "test_precision.py", "test_take.py", "test_check.py", "test_manager.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.name not in _LONGEST)
