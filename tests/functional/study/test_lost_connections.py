"""A study goes on when a connection to its lab host is lost; the journal and the paper count it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset.journal import read_journal
from dataset.models import load_study
from lab.connectors.base import CommandTimeoutError
from lab.connectors.patience import ConnectionLostError, Retry
from report.tables.second_attempts import SecondAttempts, second_attempts
from study.plan import Plan
from study.verify import check
from tests.functional.study.fakelab import FakeLab, fake_settings, take


def lab_that(breaks: Callable[[bytes], None], state: Path) -> FakeLab:
    lab = FakeLab(state, fake_settings(1))
    lab.shell = lab.host.shell = replace(lab.shell, breaks=breaks)
    return lab


class Breaks:
    """Raises an error for the first inputs that contain a word."""

    def __init__(self, word: bytes, *errors: HvlabError) -> None:
        self.word, self.errors = word, list(errors)

    def __call__(self, stdin: bytes) -> None:
        if self.word in stdin and self.errors:
            raise self.errors.pop()


def test_a_lost_reading_is_taken_again_at_the_same_stage(tmp_path: Path) -> None:
    breaks = Breaks(b"reader", CommandTimeoutError("too slow"), ConnectionLostError("broke"))
    lab = lab_that(breaks, tmp_path / "state")
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    assert breaks.errors == []
    assert load_study(folder).runs[0].status == "finished"
    assert lab.boots == 1
    again = [event for event in read_journal(folder / "journal.jsonl") if event["event"] == "read again"]
    assert [(event["stage"], event["reason"]) for event in again] == [("booting", "broke"), ("booting", "too slow")]
    assert check(folder) == []
    assert second_attempts(folder) == SecondAttempts(readings=2)


def test_a_reading_that_is_always_lost_ends_the_run(tmp_path: Path) -> None:
    breaks = Breaks(b"reader", *(ConnectionLostError("broke") for _ in range(9)))
    with pytest.raises(HvlabError):
        take(tmp_path / "studies", lab_that(breaks, tmp_path / "state"), Plan(("kvm",), 1, 7))
    assert len(breaks.errors) == 6


def test_a_lab_host_that_has_died_is_not_read_again(tmp_path: Path) -> None:
    breaks = Breaks(b"reader", *(ConnectionLostError("broke") for _ in range(9)))
    lab = lab_that(breaks, tmp_path / "state")
    lab.host.died = lambda: "the lab host has ended"
    with pytest.raises(HvlabError):
        take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    assert len(breaks.errors) == 8


def test_connections_that_were_made_again_are_in_the_journal(tmp_path: Path) -> None:
    lab = FakeLab(tmp_path / "state", fake_settings(1))
    assert lab.shell.patience
    lab.shell.patience.retries.append(Retry("labhost", "banner exchange timed out"))
    folder = take(tmp_path / "studies", lab, Plan(("kvm",), 1, 7))
    (event,) = [event for event in read_journal(folder / "journal.jsonl") if event["event"] == "connection retried"]
    assert (event["machine"], event["reason"]) == ("labhost", "banner exchange timed out")
    assert check(folder) == []
    assert second_attempts(folder) == SecondAttempts(connections=1)
