"""Which processes are a lab's, and that no others are ended."""

import os
from pathlib import Path

import pytest

from lab.state.processes import (
    Process,
    process_info,
    processes_of,
    start_time,
)


def test_no_process_no_start_time() -> None:
    assert start_time(os.getpid())
    assert start_time(2**22 + 1) is None
    assert process_info(2**22 + 1) is None


def test_one_that_ends_while_it_is_looked_at_is_nobodys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its start time can still be had, its command line no more."""
    monkeypatch.setattr("lab.state.processes.process_info", lambda pid: Process(pid, "1", ()))
    assert processes_of(tmp_path) == []
