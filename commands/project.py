"""Commands about the project itself: test, lint, bench, lock."""

import os
import sys
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit

from commands.task import command
from core.child import run_child
from core.errors import HvlabError
from core.paths import PROJECT
from lab import packages

# What only tests need: PDF read back, an sshd, a screen with windows, and a reader of what is on pictures.
_BESIDE = ("poppler-utils", "openssh-server", "xvfb", "blackbox", "xterm", "python3-xlib", "tesseract-ocr")


@command(
    help={
        "unit": "only the quick part, without hypervisors",
        "whole": "with four guests instead of two, under every provider, and what is marked long (hours)",
        "faults": "only so many faults: killed, frozen, filled, cut, each followed by a resumed study (3 min each)",
    }
)
def test(c: Context, unit: bool = False, whole: bool = False, faults: int = -1) -> None:
    """Run the tests; --unit: the quick ones, --whole: all."""
    if faults == 0 or unit + whole + (faults > 0) > 1:
        raise HvlabError("--unit, --whole and --faults=N go alone, with N of 1 or more", "./invoke test --faults=3")
    packages.ensure([*packages.LAB, *packages.REPORT, *_BESIDE])
    if faults > 0:
        os.environ["HVLAB_FAULTS"] = str(faults)
        _pytest("--capture=no", "--tb=short", "tests/integration/test_5_faults.py")
        return
    _pytest("-n", "auto", "--dist", "loadfile", "tests/unit")
    if whole:
        os.environ["HVLAB_TEST_WHOLE"] = "1"
    if not unit:
        # Not captured: what takes half an hour shows how far it is. Without the one study most tests would fail alike.
        marked = ["-m", "not local"] if whole else []
        _pytest("--capture=no", "--exitfirst", "--tb=short", *marked, "tests/integration")


@command()
def lint(c: Context) -> None:
    """Check style, types and imports."""
    folder = Path(sys.executable).parent
    for program, *words in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",), ("lint-imports",)):
        _check(str(folder / program), *words)


def _pytest(*words: str) -> None:
    _check(sys.executable, "-m", "pytest", *words)


def _check(*words: str) -> None:
    """Run a program, whose output is seen; its failure is the command's."""
    if run_child(words):
        raise Exit(code=1)


@command()
def bench(c: Context) -> None:
    """Measure the kit itself and the newest study."""
    from dataset.models import load_study
    from lab.bench import start_up_seconds
    from report.data.load import find_study
    from study.study import print_timings

    print(f"./invoke --list: {start_up_seconds():.2f} s (median of 5)")
    print_timings(load_study(find_study(PROJECT, "latest")))


@command()
def lock(c: Context) -> None:
    """Pin the packages of requirements.in anew."""
    _check("sh", str(PROJECT / "commands" / "lock.sh"))
