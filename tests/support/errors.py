"""Assertions on errors by their code, which stays when the message changes."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.errors import HvlabError


@contextmanager
def raises_code(code: str) -> Iterator[pytest.ExceptionInfo[HvlabError]]:
    """Check that the block raises an error with a code; further assertions follow the block."""
    with pytest.raises(HvlabError) as caught:
        yield caught
    assert caught.value.code == code, caught.value
