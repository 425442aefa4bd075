"""Assertions on errors by their code, which stays when the message changes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.errors import HvlabError


@contextmanager
def raises_code(code: str, *facts: str) -> Iterator[pytest.ExceptionInfo[HvlabError]]:
    """Check that the block raises an error with a code.

    Args:
        code: `HvlabError.code`.
        facts: Names, places and values that the message or the hint must have; not its wording.
    """
    with pytest.raises(HvlabError) as caught:
        yield caught
    error = caught.value
    assert error.code == code, error
    assert [fact for fact in facts if fact not in str(error)] == [], error
