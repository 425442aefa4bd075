"""The journal of setting up, and its undoing."""

import json
from pathlib import Path

import pytest

from core.errors import HvlabError
from core.resources.base import Outcome
from core.resources.removal import Removable
from lab import rollback
from lab.state.rollback_journal import JOURNAL, Steps
from tests.support.errors import raises_code


def undone(state: Path) -> list[str]:
    outcomes: list[Outcome] = []
    rollback.undo_all(state, outcomes.append)
    return [str(one) for one in outcomes]


def test_steps_are_undone_last_in_first_out(tmp_path: Path) -> None:
    steps = Steps(tmp_path)
    for name in ("first", "second", "third"):
        steps.before(f"the {name} file", "remove", name)
        (tmp_path / name).write_text("x")
    assert [line.rpartition("/")[2] for line in undone(tmp_path)] == ["third", "second", "first"]
    assert list(tmp_path.iterdir()) == []


def test_a_step_is_on_the_disk_before_it_is_done(tmp_path: Path) -> None:
    Steps(tmp_path).before("a file", "remove", "one", "two")
    line = json.loads((tmp_path / JOURNAL).read_text())
    assert (line["step"], line["what"], line["undo"], line["names"]) == (1, "a file", "remove", ["one", "two"])


def test_what_was_not_done_is_undone_without_a_word(tmp_path: Path) -> None:
    Steps(tmp_path).before("never done", "remove", "one")
    assert undone(tmp_path) == []
    assert undone(tmp_path) == []


def test_a_line_cut_off_by_a_crash_is_no_step(tmp_path: Path) -> None:
    Steps(tmp_path).before("a file", "remove", "one")
    with (tmp_path / JOURNAL).open("a") as file:
        file.write('{"step": 2, "wh')
    assert [step.number for step in Steps(tmp_path).open()] == [1]
    assert Steps(tmp_path).before("another", "remove", "two").number == 2
    assert [step.what for step in Steps(tmp_path).open()] == ["another", "a file"]


@pytest.mark.parametrize(
    "line", [b"no JSON", b"[1]", b"7", b'{"step": 1}', b'{"step": "x", "what": "", "undo": "", "names": []}', b"\xff"]
)
def test_a_damaged_journal_is_named_with_its_line(line: bytes, tmp_path: Path) -> None:
    Steps(tmp_path).before("a file", "remove", "one")
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(line + b"\n")
    with raises_code("damaged-journal", "steps.jsonl", "line 2") as raised:
        undone(tmp_path)
    assert "lab.purge" in raised.value.hint


def test_one_that_fails_does_not_keep_the_others_and_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(state: Path, names: tuple[str, ...]) -> list[Removable]:
        raise HvlabError("the process does not end")

    monkeypatch.setattr(rollback, "RESOURCES", {**rollback.RESOURCES, "machine": fail})
    steps = Steps(tmp_path)
    steps.before("a file", "remove", "one")
    steps.before("the machine", "machine")
    (tmp_path / "one").write_text("x")
    with raises_code("not-undone", "the machine: the process does not end"):
        undone(tmp_path)
    assert not (tmp_path / "one").exists()
    assert [step.what for step in steps.open()] == ["the machine"]


@pytest.mark.parametrize("name", ["../elsewhere", "", ".", "..", "/etc/passwd", "link/file"])
def test_nothing_outside_the_lab_is_ever_removed(name: str, tmp_path: Path) -> None:
    state, other = tmp_path / "lab", tmp_path / "elsewhere"
    state.mkdir()
    other.mkdir()
    (other / "file").write_text("precious")
    (state / "link").symlink_to(other)
    Steps(state).before("a hostile line", "remove", name)
    with raises_code("not-undone"):
        undone(state)
    assert (other / "file").read_text() == "precious"
    assert state.is_dir()


def test_of_a_link_only_the_link_goes(tmp_path: Path) -> None:
    state, boxes = tmp_path / "lab", tmp_path / "boxes"
    state.mkdir()
    boxes.mkdir()
    (state / "boxes").symlink_to(boxes)
    Steps(state).before("the boxes", "remove", "boxes")
    assert undone(state) == [f"file {state / 'boxes'}"]
    assert boxes.is_dir()


def test_a_step_of_another_hvlab_is_told(tmp_path: Path) -> None:
    Steps(tmp_path).before("a thing", "dissolve")
    with raises_code("not-undone", "'dissolve'"):
        undone(tmp_path)
