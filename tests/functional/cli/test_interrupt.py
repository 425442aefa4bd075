"""Commands that are ended by signals, as processes of their own."""

import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from core.paths import PROJECT

# A command that sets something up, waits, and takes it down when it is told to.
PROGRAM = """\
import signal, sys
from commands.task import command
from invoke.context import Context
from invoke.exceptions import Exit

@command()
def wait(c):
    try:
        print("up", flush=True)
        signal.pause()
    finally:
        print("taking down", flush=True)
        word = sys.stdin.readline()
        print("warning: to the terminal", file=sys.stderr, flush=True)
        print(f"down {word}", end="", flush=True)

try:
    wait(Context())
except Exit as error:
    print(error.message, file=sys.stderr)
    sys.exit(error.code)
"""


@pytest.fixture
def waiting() -> Iterator["subprocess.Popen[str]"]:
    with begin(subprocess.PIPE) as process:
        yield process
        process.kill()


def begin(stderr: int) -> "subprocess.Popen[str]":
    line = ["env", "--default-signal=INT,TERM,HUP", sys.executable, "-c", PROGRAM]
    return subprocess.Popen(
        line, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True,
    )  # fmt: skip


def read(process: "subprocess.Popen[str]") -> str:
    assert process.stdout
    return process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_second_signal_does_not_spoil_the_taking_down(
    waiting: "subprocess.Popen[str]", number: signal.Signals
) -> None:
    assert read(waiting) == "up"
    waiting.send_signal(number)
    assert read(waiting) == "taking down"
    waiting.send_signal(number)
    assert waiting.stderr
    assert waiting.stderr.readline().startswith("hvlab: taking down what was set up; Ctrl-C once more")
    said, told = waiting.communicate("whole\n", timeout=20)
    assert said == "down whole\n"
    assert "hvlab: interrupted" in told
    assert waiting.returncode == 130


def test_a_third_one_that_is_typed_ends_it(waiting: "subprocess.Popen[str]") -> None:
    assert read(waiting) == "up"
    waiting.send_signal(signal.SIGTERM)
    assert read(waiting) == "taking down"
    waiting.send_signal(signal.SIGTERM)
    assert waiting.stderr
    waiting.stderr.readline()
    waiting.send_signal(signal.SIGINT)
    assert waiting.wait(20) == 130
    assert "down" not in waiting.communicate()[0]


def test_a_terminal_that_closes_does_not_spoil_it() -> None:
    ours, theirs = pty.openpty()
    with begin(theirs) as process:
        os.close(theirs)
        assert read(process) == "up"
        os.close(ours)
        process.send_signal(signal.SIGHUP)
        assert read(process) == "taking down"
        said, _ = process.communicate("whole\n", timeout=20)
    assert said == "down whole\n"
    assert process.returncode == 130


def test_what_is_switched_off_stays_so() -> None:
    line = ["env", "--ignore-signal=HUP", "--default-signal=TERM", sys.executable, "-c", PROGRAM]
    with subprocess.Popen(line, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert read(process) == "up"
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        assert read(process) == "taking down"
        assert process.communicate("whole\n", timeout=20)[0] == "down whole\n"


# A command that runs a program, which runs one more.
WITH_CHILD = """\
import sys
from core.process import run_child
from commands.task import command
from invoke.context import Context
from invoke.exceptions import Exit

ITS_OWN = "trap 'echo its own down; exit' INT; echo up; while :; do sleep 0.1; done"

@command()
def run(c):
    print(run_child(["sh", "-c", "trap 'echo child down' INT; sh -c \\"$0\\"", ITS_OWN]))

try:
    run(Context())
except Exit as error:
    print(error.message, file=sys.stderr)
    sys.exit(error.code)
"""


def test_what_a_command_runs_is_interrupted_and_awaited() -> None:
    """Also where interrupts are switched off, and nothing can be read: as in the background, from a script."""
    line = ["env", "--ignore-signal=INT", "--default-signal=TERM", sys.executable, "-c", WITH_CHILD]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        line, cwd=PROJECT, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True
    ) as process:  # fmt: skip
        assert read(process) == "up"
        process.send_signal(signal.SIGTERM)
        said, told = process.communicate(timeout=20)
    assert said.splitlines() == ["its own down", "child down"]
    assert told.splitlines() == ["hvlab: interrupted"]
    assert process.returncode == 130
