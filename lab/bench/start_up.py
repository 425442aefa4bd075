"""Times the start of `./invoke`, and of the interpreter with the libraries that every command needs."""

import resource
import statistics
import sys
import time
from collections.abc import Sequence

from core.paths import PROJECT
from core.process import run

_INVOKE = PROJECT / "invoke"


def start_up_seconds(times: int = 5) -> float:
    """Return the median time, in seconds, that `./invoke --list` takes once the environment is there."""
    return statistics.median(_wall_s([str(_INVOKE), "--list"]) for _ in range(times))


def bare_start_seconds(times: int = 5) -> float:
    """Return the median time, in seconds, in which the interpreter imports invoke and does nothing."""
    return statistics.median(_wall_s([sys.executable, "-c", "import invoke"]) for _ in range(times))


def report_seconds(study: str) -> float:
    """Return the processor time, user and system, in seconds, that `./invoke report.pdf` of a study takes."""
    return _processor_s([str(_INVOKE), "report.pdf", f"--study={study}"])


def libraries_seconds() -> float:
    """Return the processor time, in seconds, in which the libraries of a report are imported, and nothing else."""
    return _processor_s([sys.executable, "-c", "import jinja2, matplotlib.figure, pandas, scipy.stats, weasyprint"])


def _wall_s(words: Sequence[str]) -> float:
    begun = time.monotonic()
    run(words, what=f"timing {words[-1]}")
    return time.monotonic() - begun


def _processor_s(words: Sequence[str]) -> float:
    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime

    before = used()
    run(words, what=f"timing {words[-1]}")
    return used() - before
