"""Commands about the project itself: test, lint, bench, lock."""

import sys
from pathlib import Path

from invoke.context import Context
from invoke.exceptions import Exit

from commands.task import command
from lab import packages
from lab.paths import PROJECT

# What only tests need: PDF read back, an sshd, a screen with windows, and a reader of what is on pictures.
_BESIDE = ("poppler-utils", "openssh-server", "xvfb", "blackbox", "xterm", "python3-xlib", "tesseract-ocr")


@command(help={"unit": "only the quick part, without hypervisors"})
def test(c: Context, unit: bool = False) -> None:
    """Run the tests; --unit for the quick part."""
    packages.ensure([*packages.LAB, *packages.REPORT, *_BESIDE])
    _check(c, f"{sys.executable} -m pytest -n auto --dist loadfile tests/unit")
    if not unit:
        # Not captured: what takes half an hour shows how far it is. Without the one study most tests would fail alike.
        _check(c, f"{sys.executable} -m pytest --capture=no --exitfirst --tb=short tests/integration")


@command()
def lint(c: Context) -> None:
    """Check style, types and imports."""
    folder = Path(sys.executable).parent
    for line in ("ruff check", "ruff format --check", "mypy", "lint-imports"):
        _check(c, f"{folder}/{line}")


def _check(c: Context, line: str) -> None:
    done = c.run(line, warn=True, pty=sys.stdout.isatty())
    if done is None or done.failed:
        raise Exit(code=1)


@command()
def bench(c: Context) -> None:
    """Measure the kit itself and the newest study."""
    from lab.bench import start_up_seconds
    from report.load import find_study
    from study.campaign import print_timings
    from study.dataset import load_study

    print(f"./invoke --list: {start_up_seconds():.2f} s (median of 5)")
    print_timings(load_study(find_study(PROJECT, "latest")))


@command()
def lock(c: Context) -> None:
    """Pin the packages of requirements.in anew."""
    _check(c, f"sh {PROJECT}/lab/lock.sh")
