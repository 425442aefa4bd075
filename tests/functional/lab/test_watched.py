import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import stamina

from core.errors import HvlabError
from core.paths import PROJECT
from core.process import ProgramTimeoutError, supervise


def nothing() -> None:
    return None


def alive(pid: int) -> bool:
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(done.stdout.strip()) and not done.stdout.startswith("Z")


def run(script: str, log: Path, look: object = nothing, timeout: float = 60) -> int:
    return supervise(["sh", "-c", script], log=log, should_abort=look, timeout=timeout, env=os.environ, hint="h")  # type: ignore[arg-type]


def test_the_exit_status_and_what_was_said(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    assert run("echo out; echo err >&2; exit 3", log) == 3
    assert log.read_text() == "before\nout\nerr\n"


def test_one_that_does_not_end_is_ended_with_all_it_started(tmp_path: Path) -> None:
    log, pids = tmp_path / "log", tmp_path / "pids"
    # A child that does not care for a request to end, as an ssh whose other side is silent.
    script = f"(trap '' TERM; sh -c 'echo $$; exec sleep 600' >{pids}) & echo $$ >>{pids}.main; wait"
    with pytest.raises(ProgramTimeoutError, match="sh did not end within 1 s"):
        run(script, log, timeout=1)
    (child,) = map(int, pids.read_text().split())
    for attempt in stamina.retry_context(on=AssertionError, timeout=10, wait_max=0.1):
        with attempt:
            assert not alive(child)


def test_a_cause_ends_it_at_once(tmp_path: Path) -> None:
    with pytest.raises(HvlabError, match="the lab host died") as caught:
        run("exec sleep 600", tmp_path / "log", lambda: "the lab host died")
    assert caught.value.hint == "h"
    assert not isinstance(caught.value, ProgramTimeoutError)


def test_an_interrupt_ends_it(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    # Whoever runs the tests in the background may have switched the signal off.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            run(f"echo $$ >{pid_file}; exec sleep 600", tmp_path / "log")
    finally:
        signal.signal(signal.SIGINT, before)
    assert not alive(int(pid_file.read_text()))


def test_it_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    code = (
        "import os; from pathlib import Path; from core.process import supervise;"
        f"supervise(['sh', '-c', 'echo $$ >{pid_file}; exec sleep 600'], log=Path({str(tmp_path / 'log')!r}),"
        "should_abort=lambda: None, timeout=600, env=os.environ)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=PROJECT) as parent:
        for attempt in stamina.retry_context(on=AssertionError, timeout=30, wait_max=0.1):
            with attempt:
                assert pid_file.exists()
                assert pid_file.read_text()
        parent.kill()
    for attempt in stamina.retry_context(on=AssertionError, timeout=10, wait_max=0.1):
        with attempt:
            assert not alive(int(pid_file.read_text()))
