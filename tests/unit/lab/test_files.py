"""Records of what runs: read back, missing, or damaged, which is told in one line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import HvlabError
from lab.hosts import nested, unmanaged_lab


@pytest.mark.parametrize(
    ("name", "read"), [("host.json", nested.running_provider), ("unmanaged.json", unmanaged_lab.recorded)]
)
def test_a_record_that_is_damaged_is_named(tmp_path: Path, name: str, read: Callable[[Path], object]) -> None:
    assert read(tmp_path) is None
    for text in ("", "[1]", '{"pid": 1', '{"other": 2}'):
        (tmp_path / name).write_text(text)
        with pytest.raises(HvlabError, match=rf"{name} is damaged: ") as caught:
            read(tmp_path)
        assert "\n" not in str(caught.value.message)
        assert caught.value.hint
