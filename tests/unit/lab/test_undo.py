"""What undoing removes."""

import os
from pathlib import Path

import pytest

from lab.state.resources import StateFile


def test_what_has_gone_by_itself_is_gone(tmp_path: Path) -> None:
    """A connection's socket goes between a look at it and its removal."""
    StateFile(tmp_path, "ssh.sock").remove()


def test_a_folder_out_of_which_something_goes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    for name in ("a", "b", "c"):
        (folder / name).touch()
    real = os.unlink

    def late(path: str, **words: int) -> None:
        real(path, **words)
        if path == "b":
            raise FileNotFoundError(path)

    monkeypatch.setattr(os, "unlink", late)
    assert [one.result for one in StateFile(tmp_path, "tmp").take_down()] == ["removed"]
    assert not folder.exists()
