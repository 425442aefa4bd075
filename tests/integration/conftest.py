"""Integration: everything here goes through `./invoke`, on real hypervisors in the nested lab host."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.paths import PROJECT

Invoke = Callable[..., subprocess.CompletedProcess[str]]
LIMIT = 4500


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def invoke() -> Invoke:
    """Run `./invoke` with words and, by keyword, environment variables; its progress is shown as it comes."""

    def call(*words: str, timeout: float = LIMIT, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [PROJECT / "invoke", *words],
            stdout=subprocess.PIPE,
            stderr=None,
            text=True,
            timeout=timeout,
            env={**os.environ, **environ},
            check=False,
        )

    return call


@pytest.fixture(scope="session")
def study(invoke: Invoke) -> Path:
    """The folder of a study of all providers, taken now."""
    done = invoke("study.all", "--repeats=1")
    assert done.returncode == 0, done.stdout
    pdf = Path(done.stdout.strip().splitlines()[-1])
    assert pdf.name == "paper.en.pdf"
    return pdf.parent.parent
