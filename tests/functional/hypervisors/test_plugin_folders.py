"""The variable HVLAB_PLUGINS adds hypervisors to a command."""

import os
import subprocess
import sys

from core.paths import PROJECT
from tests.plugged import FOLDER

PROGRAM = "from hypervisors.registry import all_hypervisors; print(*all_hypervisors())"


def names(**environ: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT, env={**os.environ, **environ}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


def test_its_folders_are_searched_beside_the_projects_own() -> None:
    before = names(HVLAB_PLUGINS="")
    assert names(HVLAB_PLUGINS=f"/nonexistent{os.pathsep}{FOLDER}") == [*before, "pretend"]
    assert names(HVLAB_PLUGINS=os.path.relpath(FOLDER, PROJECT)) == [*before, "pretend"]
