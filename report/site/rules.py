"""The rule of `report.inference.verdicts.differ` as data, for the page that compares any two studies.

All pairs of 500 studies are 124 750; to decide them ahead would make the build grow with their square. So the page
decides the one pair that is asked for. It has no statistics of its own: the numbers (mean, variance of it, boots),
the resolutions and Student's quantile come from here, the quantile as a table over 1 / degrees of freedom. What is left
for the script is the sum of Welch's variances and the comparison with the resolution; a test compares its answers with
Python's.
"""

from typing import Any

from report.inference.intervals import LEVEL, quantile
from report.inference.resolution import ABSOLUTE, SHARES
from report.tables.quantities import UNITS

_STEPS = 512


def rules() -> dict[str, Any]:
    """Return the resolutions, the units, and Student's quantile at 1 / freedom = 0, 1 / 512, ... 1."""
    return {
        "level": LEVEL,
        "absolute": ABSOLUTE,
        "shares": SHARES,
        "units": UNITS,
        # At 0 that of the normal distribution: of so many degrees of freedom that there is no difference.
        "quantiles": [quantile(_STEPS / step if step else 1e12) for step in range(_STEPS + 1)],
    }
