"""Watching the lab host settle: a session that breaks is replaced, and says nothing of the lab host."""

from dataclasses import dataclass
from pathlib import Path

from lab.connectors.base import Machine
from study.measure.settle import SettleRule
from study.measure.settle_watch import wait_settled


@dataclass
class Breaking(Machine):
    """Breaks its first sessions after some samples."""

    folder: Path
    broken: int
    name: str = "labhost"

    def command(self, remote: str, *options: str) -> list[str]:
        count = self.folder / "count"
        number = int(count.read_text()) + 1 if count.exists() else 1
        count.write_text(str(number))
        return ["sh", "-c", "sh -s | head -n 1" if number <= self.broken else "exec sh -s"]


RULE = SettleRule(window_s=0.5, give_up_s=3)


def test_it_is_watched_again(tmp_path: Path) -> None:
    settler = wait_settled(Breaking(tmp_path, broken=2), RULE)
    assert (tmp_path / "count").read_text() == "3"
    assert "session" not in settler.reason
    assert settler.done


def test_not_for_ever(tmp_path: Path) -> None:
    settler = wait_settled(Breaking(tmp_path, broken=99), RULE)
    assert (tmp_path / "count").read_text() == "3"
    assert not settler.settled
    assert settler.reason == "the session with the lab host broke"
