"""The lab host's X session and the manager in it: what is told of them, and why there is none."""

import subprocess
from pathlib import Path

from lab.desktop.xsession import PROGRAMS, render_session_script, start_session
from tests.support.answering import answering
from tests.support.errors import raises_code


def test_the_session_says_what_is_not_installed(tmp_path: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-s"],
        input=render_session_script(),
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == f"{PROGRAMS[0]} is not installed\n"


def test_without_a_display_stack_the_error_has_a_hint() -> None:
    with raises_code("command-failed", "Xvfb is not installed") as caught:
        start_session(answering("labhost", 1, stderr=b"Xvfb is not installed\n"))
    assert "lab_host.desktop = false" in caught.value.hint
