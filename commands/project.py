"""Commands about the project itself: test, lint, bench, lock."""

import os
import sys

from invoke.context import Context
from invoke.exceptions import Exit

from commands import linters
from commands.task import command
from core.console import result
from core.errors import HvlabError
from core.paths import PROJECT
from core.process import run_child
from lab import packages

# What functional tests do not need of what commands install: an emulator, and what makes a root file system.
_NOT_NEEDED = ("mmdebstrap", "debian-archive-keyring", "qemu-system-x86")
# What only tests need: PDF read back, a browser, an sshd, a screen with windows; a reader of what is on pictures.
_BESIDE = ("poppler-utils", "chromium", "openssh-server", "xvfb", "blackbox", "xterm", "python3-xlib")
# What makes the root file systems of other machines.
MACHINES = ("mmdebstrap", "debian-archive-keyring")
# A worker that has nothing left takes over what another one has not begun.
_IN_PARALLEL = ("--dist", "worksteal", "-n")
# Functional tests also wait for programs: one worker more than there are processors.
_WORKERS, _WAITING_WORKERS = "auto", str((os.cpu_count() or 1) + 1)


@command(
    help={
        "unit": "only what stays in one process (a minute)",
        "functional": "only what needs real programs, but no hypervisor (five minutes); with --unit: both",
        "whole": "with four guests instead of two, under every provider, and what is marked long (hours)",
        "fuzz": "only so many generated inputs of each area: refused, read rightly, or a traceback; prints counts",
        "machines": "only hvlab in the tools tree on other systems, as root and as a user (half an hour a row)",
        "faults": "only so many faults: killed, frozen, filled, cut, each followed by a resumed study (3 min each)",
    }
)
def test(  # noqa: PLR0917
    c: Context,
    unit: bool = False,
    functional: bool = False,
    whole: bool = False,
    machines: bool = False,
    faults: int = -1,
    fuzz: int = -1,
) -> None:
    """Run the tests; --unit, --functional: only those."""
    if 0 in (faults, fuzz) or (unit or functional) + whole + machines + (faults > 0) + (fuzz > 0) > 1:
        raise HvlabError(
            "--unit and --functional, --whole, --machines, --faults=N, --fuzz=N exclude each other; N is 1 or more",
            "./invoke test --faults=3",
            code="options-exclude-each-other",
        )
    if fuzz > 0:
        packages.ensure(for_functional())
        os.environ["HVLAB_FUZZ"] = str(fuzz)
        _pytest(*_IN_PARALLEL, _WORKERS, "--tb=no", "-r", "N", "tests/functional/fuzz")
        return
    if faults > 0:
        packages.ensure(for_integration())
        os.environ["HVLAB_FAULTS"] = str(faults)
        _pytest("--capture=no", "--tb=short", "tests/integration/test_5_faults.py")
        return
    if machines:
        packages.ensure(MACHINES)
        _pytest("--capture=no", "--tb=short", "-m", "machines", "tests/integration/test_9_machines.py")
        return
    if whole:
        os.environ["HVLAB_TEST_WHOLE"] = "1"
    marked = ["-m", "not local and not machines"] if whole else []
    everything = not (unit or functional)
    if unit or everything:
        _pytest(*_IN_PARALLEL, _WORKERS, "tests/unit")
    if functional or everything:
        packages.ensure(for_functional())
        _pytest(*_IN_PARALLEL, _WAITING_WORKERS, *marked, "tests/functional")
    if everything:
        packages.ensure(for_integration())
        # Not captured: what takes half an hour shows how far it is. Without the one study most tests would fail alike.
        _pytest("--capture=no", "--exitfirst", "--tb=short", *marked, "tests/integration")


def for_functional() -> list[str]:
    """Return the packages that functional tests need."""
    lab = [name for name in packages.lab_packages() if name not in _NOT_NEEDED]
    return [*lab, *packages.report_packages(), *_BESIDE]


def for_integration() -> list[str]:
    """Return the packages that integration tests need."""
    return [*packages.lab_packages(), *packages.report_packages(), *_BESIDE, "tesseract-ocr"]


@command()
def lint(c: Context) -> None:
    """Check style, types, imports, shell scripts and Ruby."""
    packages.ensure(linters.PACKAGES)
    for words in linters.commands(PROJECT):
        _check(*words)
    _pytest("--quiet", "tests/unit/test_hypervisor_names.py")


def _pytest(*words: str) -> None:
    # Compiled once, not by each worker and each program that a test starts.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    _check(sys.executable, "-m", "pytest", *words)


def _check(*words: str) -> None:
    """Run a program with this process's output.

    Raises:
        Exit: The program failed.
    """
    if run_child(words):
        raise Exit(code=1)


@command(
    help={
        "coverage": "instead: simulate how often the paper's intervals hold the true value (a minute)",
        "bring-up": "also bring a guest up, and start it by the hypervisor's own tool (minutes)",
        "provider": "with --bring-up: under these, with commas between; default: all",
        "times": "with --bring-up: how often; default: 3",
    }
)
def bench(c: Context, coverage: bool = False, bring_up: bool = False, provider: str = "", times: int = 3) -> None:
    """Time hvlab itself, each duration against its floor."""
    if coverage:
        from report.inference.coverage import as_lines

        for line in as_lines(studies=4000):
            result(line)
        return
    from commands.benchmark import benchmark

    benchmark(bring_up=bring_up, provider=provider, times=times)


@command()
def lock(c: Context) -> None:
    """Pin the packages of requirements.in again."""
    _check("sh", str(PROJECT / "commands" / "lock.sh"))
