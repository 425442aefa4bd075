import json
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset.journal import Journal, read_journal


def test_events_come_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "study" / "journal.jsonl")
    assert journal.read() == []
    journal.append("run-started", run="kvm-01")
    journal.append("stage-settled", seconds=6.5, note="안정\nzwei")
    events = journal.read()
    assert [event["event"] for event in events] == ["run-started", "stage-settled"]
    assert events[1]["note"] == "안정\nzwei"
    assert all(event["time"].endswith("Z") for event in events)


@pytest.mark.parametrize("tail", [b'{"time": "2026', "안".encode()[:2], b"\x00\x00"])
def test_a_cut_off_last_line_is_left_out_and_does_not_spoil_the_next(tmp_path: Path, tail: bytes) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append("first")
    with journal.path.open("ab") as file:
        file.write(tail)
    assert [event["event"] for event in journal.read()] == ["first"]
    journal.append("second")
    assert [event["event"] for event in journal.read()] == ["first", "second"]


def test_a_journal_that_holds_only_a_cut_off_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.path.write_bytes(b'{"ti')
    assert journal.read() == []
    journal.append("first")
    assert [event["event"] for event in journal.read()] == ["first"]


@pytest.mark.parametrize(
    "line",
    ["not json", "[1]", '{"time": "t"}', '{"event": "b"}', '{"time": 1, "event": "b"}', "[" * 100_000]
    + [json.dumps({"time": "t", "event": "b", name: []}) for name in ("run", "provider", "repeat", "stage", "status")],
)
def test_a_damaged_line_inside_is_an_error_that_names_it(tmp_path: Path, line: str) -> None:
    path = tmp_path / "journal.jsonl"
    good = '{"time": "t", "event": "a"}'
    path.write_text(f"{good}\n{line}\n{good}\n")
    with pytest.raises(HvlabError, match=r"journal\.jsonl:2: ") as damage:
        read_journal(path)
    assert damage.value.code == "damaged-journal"
    assert len(str(damage.value).splitlines()) == 1


def test_half_a_surrogate_pair_is_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append("a", note="\ud800")
    assert journal.read()[0]["note"] == "\ud800"
    assert journal.path.read_bytes().isascii()
