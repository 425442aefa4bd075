"""What machines say on their consoles, and what is kept of a guest that does not come up."""

from pathlib import Path

from lab.guests.console import host_console, last_lines
from tests.support.errors import raises_code


def test_the_last_lines_without_what_a_terminal_would_obey() -> None:
    text = "one\r\n\r\ntwo\x1b]0;title\x07\r\n\x1b[2Jthree\r\n"
    assert last_lines(text, 2) == ["two]0;title", "[2Jthree"]


def test_the_lab_hosts_console_is_a_file(tmp_path: Path) -> None:
    with raises_code("no-lab-host"):
        host_console(tmp_path)
    (tmp_path / "console.log").write_text("HVLAB-READY\n")
    assert host_console(tmp_path) == "HVLAB-READY\n"
