"""A guest's session: waited for, and given a memory load that fits."""

import os
import subprocess
from pathlib import Path

import pytest

from lab.guests.guest_session import wait_program
from lab.images.os_profiles import profile


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """Stand-ins: a program "runs" if there is a file of its name in `running`; a second passes at once."""
    (tmp_path / "running").mkdir()
    log = "echo 'xinit: server error'"
    for name, text in {"pidof": f'[ -e {tmp_path}/running/"$1" ]', "sleep": "exit 0", "sudo": log}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def run(tools: Path, program: str) -> subprocess.CompletedProcess[str]:
    path = f"{tools}:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-s"], input=program, env={"PATH": path}, capture_output=True, text=True, check=False, timeout=30
    )


def test_a_session_is_there_when_all_its_programs_run(tools: Path) -> None:
    program = wait_program(profile("debian-12").session, 3)
    for name in profile("debian-12").session:
        done = run(tools, program)
        assert done.returncode == 1
        assert done.stderr == f"{name} does not run: xinit: server error\n"
        (tools / "running" / name).touch()
    assert run(tools, program).returncode == 0
