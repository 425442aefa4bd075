"""The paper as a file: whole or not at all, tagged, the same bytes for the same study, with all of its numbers."""

import json
import os
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset import load
from report.render import paper
from tests.support.errors import raises_code
from tests.support.made_up import REFERENCE


def test_other_language_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HvlabError) as caught:
        paper.render(REFERENCE, tmp_path, "xx")
    assert caught.value.hint == "use en or ko"
    assert list(tmp_path.iterdir()) == []


def test_failed_write_leaves_the_old_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "paper.en.pdf"
    old.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(paper, "pdf_of", lambda _page: b"new")
    monkeypatch.setattr(os, "fsync", full)
    with raises_code("cannot-write", "No space left on device"):
        paper.render(REFERENCE, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["paper.en.pdf"]
    assert old.read_bytes() == b"old"


def test_missing_library_is_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_pango(_name: str) -> None:
        raise OSError("cannot load library 'libpango-1.0-0'\nlong story")

    monkeypatch.setattr("importlib.import_module", no_pango)
    with raises_code("missing-library", "libpango-1.0-0") as caught:
        paper.render(REFERENCE, tmp_path)
    assert "apt-get install" in caught.value.hint


def test_figure_texts_fit_the_reference(tmp_path: Path) -> None:
    """The dataset that ships is in the form that the report reads, also after a round trip of its JSON."""
    info = json.loads((REFERENCE / "study.json").read_text(encoding="utf-8"))
    (tmp_path / "study.json").write_text(json.dumps(info), encoding="utf-8")
    (tmp_path / "measurements.csv").write_bytes((REFERENCE / "measurements.csv").read_bytes())
    assert load(tmp_path).study == load(REFERENCE).study
