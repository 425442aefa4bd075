"""A message keeps what says why, wherever it stands in a program's output."""

import pytest

from core.cause import MOST, cause, ending, last_line

COMMAND = "Command: [" + ", ".join(f'"--option-{number}"' for number in range(60)) + "]"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (
            [COMMAND, "VBoxManage: error: cannot write (VERR_DISK_FULL)", "Details: component"],
            "VERR_DISK_FULL",
        ),
        ([COMMAND, "Progress state: VBOX_E_FILE_ERROR", "Please report this. " * 30], "VBOX_E_FILE_ERROR"),
        ([*["gem.rb:1: warning: constant is deprecated"] * 20, "Name `server1` is already taken"], "already taken"),
        ([COMMAND, "x" * 500 + " the end"], "the end"),
        (["short", "words"], "short words"),
    ],
)
def test_the_cause_is_kept(lines: list[str], why: str) -> None:
    found = cause(lines)
    assert why in found
    assert len(found) <= MOST


def test_the_end_of_a_long_line_is_kept() -> None:
    assert last_line(f"first\n{'x' * 400} (VERR_DISK_FULL)\n\n").endswith(" (VERR_DISK_FULL)")
    assert len(ending("x" * 1000)) == MOST
    assert last_line(" \n") == ""
