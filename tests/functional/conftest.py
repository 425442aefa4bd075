"""Functional tests: real programs on this machine, no hypervisor. What takes long is made once for all of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.paths import PROJECT
from tests.support.made_up import REFERENCE, write_study
from tests.support.shared import once

# Beside what a process of its own has rendered: all that it printed.
PRINTED = "printed.txt"
_RENDER = """\
import pathlib, sys
from report.render.paper import render, render_html
study, folder = map(pathlib.Path, sys.argv[1:3])
render(study, folder, sys.argv[3])
if sys.argv[4:]:
    render_html(study, folder, sys.argv[3])
"""


def render_apart(study: Path, folder: Path, *more: str, lang: str = "en", seed: str = "1") -> str:
    """Render a study in a process of its own, to which every warning is an error; return all that it printed.

    Args:
        study: The study.
        folder: Where to.
        more: Anything, if report.html is to be rendered, too.
        lang: The language.
        seed: Of the order of sets, and hours that the process's clock differs from UTC.
    """
    words = [sys.executable, "-W", "error", "-c", _RENDER, str(study), str(folder), lang, *more]
    env = os.environ | {"PYTHONPATH": str(PROJECT), "PYTHONHASHSEED": seed, "TZ": f"UTC+{seed}"}
    done = subprocess.run(words, capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def _write_published(folder: Path) -> None:
    (folder / PRINTED).write_text(render_apart(REFERENCE, folder / "report"))


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper of the published study, in English; only to be read."""
    return once(tmp_path_factory, "paper-en", _write_published) / "report" / "paper.en.pdf"


@pytest.fixture(scope="session")
def korean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The paper of the published study, in Korean; only to be read."""
    return once(tmp_path_factory, "paper-ko", lambda out: render_apart(REFERENCE, out, lang="ko")) / "paper.ko.pdf"


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up study of five repeats, its paper in it: all tables, and versions too long for any column."""
    return once(tmp_path_factory, "made-up", _write_made_up)


def _write_made_up(folder: Path) -> None:
    versions = {f"package {'long-name-' * number}": "1.2.3-4+deb12u5" * number for number in range(1, 12)}
    environment = {"kind": "nested", "hardware": [], "partitions": [], "versions": versions}
    study = write_study(folder, repeats=5, info={"environment": environment})
    (folder / PRINTED).write_text(render_apart(study, folder / "report", "html"))
