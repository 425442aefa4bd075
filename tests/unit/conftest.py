"""What makes a test a unit test: it stays in this process and does not wait. One that does otherwise fails here."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, SupportsIndex

import pytest

# As Python's audit events are called.
STARTS = frozenset({"subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec", "os.system", "pty.spawn"})
# A thread that lets another one go on sleeps for less.
LONGEST_SLEEP_S = 0.01

_sleep = time.sleep


class Guard:
    """Refuses what a unit test may not do, while one runs; what was refused is kept, since a test may catch it."""

    def __init__(self) -> None:
        self.test: str | None = None
        self.refused: list[str] = []

    def refuse(self, what: str) -> None:
        """Fail the test, now and at its end."""
        self.refused.append(what)
        pytest.fail(f"a unit test {what}: move it to tests/functional, or stand in for that", pytrace=True)

    @contextmanager
    def held(self, test: str) -> Iterator[None]:
        """Guard a part of a test."""
        self.test, self.refused = test, []
        try:
            yield
        finally:
            self.test = None
        if self.refused:
            pytest.fail(f"a unit test {self.refused[0]}, and went on: move it to tests/functional", pytrace=False)


GUARD = Guard()


def _audit(event: str, args: tuple[Any, ...]) -> None:
    if event in STARTS and GUARD.test:
        GUARD.refuse(f"started a process ({event} {args[:2]})")


def _short_sleep(seconds: float | SupportsIndex) -> None:
    if float(seconds) > LONGEST_SLEEP_S and GUARD.test and threading.current_thread() is threading.main_thread():
        GUARD.refuse(f"slept for {seconds} s")
    _sleep(seconds)


# Neither can be taken back; outside of unit tests they do nothing.
sys.addaudithook(_audit)
time.sleep = _short_sleep


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    with GUARD.held(item.nodeid):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    with GUARD.held(item.nodeid):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    with GUARD.held(item.nodeid):
        return (yield)
