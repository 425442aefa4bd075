"""Commands called in this process, as `./invoke` calls them, with nothing installed and no signal handled."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from invoke.program import Program

import tasks
from core.errors import HvlabError
from core.signals import ENDING


@dataclass(frozen=True)
class Done:
    """How a command ended: with which status, what it printed, and which error of the kit made it end."""

    status: int
    stdout: str
    stderr: str
    error: HvlabError | None

    @property
    def code(self) -> str | None:
        """The error's code."""
        return self.error.code if self.error else None


@dataclass(frozen=True)
class Commands:
    """Calls commands."""

    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> Done:
        """Call one with the words that a person types after `./invoke`."""
        self.capture.readouterr()
        status, error = 0, None
        with _signals_kept():
            try:
                Program(namespace=tasks.namespace, name="invoke", binary="invoke").run(["invoke", *words])
            except SystemExit as ended:
                status = ended.code if isinstance(ended.code, int) else 1 if ended.code else 0
                error = _cause(ended)
        said = self.capture.readouterr()
        return Done(status, said.out, said.err, error)


def _cause(ended: BaseException | None) -> HvlabError | None:
    """Return the error of the kit behind an exit."""
    while ended is not None and not isinstance(ended, HvlabError):
        ended = ended.__cause__ or ended.__context__
    return ended


@contextmanager
def _signals_kept() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Lend the commands; system packages count as installed."""
    monkeypatch.setattr("lab.packages.missing", lambda _packages: [])
    return Commands(capsys)
