"""Measures the kit itself."""

import statistics
import subprocess
import time

from core.paths import PROJECT


def start_up_seconds(times: int = 5) -> float:
    """Return the median time, in seconds, that `./invoke --list` takes once the environment is there."""
    taken = []
    for _ in range(times):
        begun = time.monotonic()
        subprocess.run([PROJECT / "invoke", "--list"], capture_output=True, check=True)
        taken.append(time.monotonic() - begun)
    return statistics.median(taken)
