"""Integration: everything here goes through `./invoke`, on real hypervisors in the nested lab host."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from core.paths import PROJECT, STUDIES

Invoke = Callable[..., subprocess.CompletedProcess[str]]
LIMIT = 3600
# `./invoke test --whole`: all providers everywhere, and four guests. Two show what a guest more costs, too.
WHOLE = "HVLAB_TEST_WHOLE" in os.environ
GUESTS = 4 if WHOLE else 2
# Of the progress, for a test that fails.
LINES = 30


def providers(variable: str, usual: str, possible: str = "kvm,xen,virtualbox") -> list[str]:
    """Return under which providers tests run: those that an environment variable names; else all possible or the usual.

    Both are names with commas between.
    """
    return os.environ.get(variable, possible if WHOLE else usual).split(",")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def invoke(tmp_path_factory: pytest.TempPathFactory) -> Invoke:
    """Run `./invoke` with words and, by keyword, environment variables.

    Its progress (standard error) is shown as it comes; of it the last lines are kept.
    """

    def call(*words: str, timeout: float = LIMIT, **environ: str) -> subprocess.CompletedProcess[str]:
        seen = tmp_path_factory.mktemp("invoke") / "stderr.log"
        with subprocess.Popen(["tee", "-i", seen], stdin=subprocess.PIPE, stdout=sys.stderr) as tee:
            done = run_to_its_end([PROJECT / "invoke", *words], tee.stdin, timeout, os.environ | environ)
        done.stderr = "".join(seen.read_text().splitlines(keepends=True)[-LINES:])
        return done

    return call


def run_to_its_end(
    words: list[str | Path], stderr: IO[bytes] | None, timeout: float, environ: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    """Run a command; where it takes too long, or the tests are interrupted, let it take down what it has set up."""
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=stderr, text=True, env=environ) as process:
        try:
            stdout, _ = process.communicate(timeout=timeout)
        except BaseException:
            process.terminate()
            process.wait()
            raise
    return subprocess.CompletedProcess(process.args, process.returncode, stdout)


@pytest.fixture(scope="session")
def study(invoke: Invoke) -> Path:
    """The folder of a study of all providers, taken now."""
    # A guest that hangs is brought up again sooner than by default: one comes up in 120 s on a busy machine.
    own = {"HVLAB_TOPOLOGY__GUESTS": str(GUESTS), "HVLAB_TOPOLOGY__BOOT_TIMEOUT_S": "240"}
    done = invoke("study.all", "--repeats=1", **own)
    assert done.returncode == 0, done.stderr
    pdf = Path(done.stdout.strip().splitlines()[-1])
    assert pdf.name == "paper.en.pdf"
    return pdf.parent.parent


def folders() -> set[Path]:
    return {path for path in STUDIES.glob("[0-9]*") if path.is_dir()}


@pytest.fixture
def aside() -> Iterator[list[Path]]:
    """Takes the studies that a test makes; they go with it, and `latest` leads again to what it led to before."""
    with moved_aside() as made:
        yield made


@contextmanager
def moved_aside() -> Iterator[list[Path]]:
    """Do what the fixture `aside` does, for as long as the block lasts."""
    latest = STUDIES / "latest"
    before = latest.readlink() if latest.is_symlink() else None
    made: list[Path] = []
    try:
        yield made
    finally:
        for folder in made:
            shutil.rmtree(folder)
        latest.unlink(missing_ok=True)
        if before:
            latest.symlink_to(before)
