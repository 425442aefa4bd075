"""Boots that lie far from the others of a study."""

import statistics
from collections.abc import Sequence

# Iglewicz and Hoaglin 1993: 0.6745 |x - median| / MAD beyond 3.5.
_SCALE = 0.6745
_FAR = 3.5
_LEAST_BOOTS = 4


def outlying(values: Sequence[float], resolution: float) -> list[int]:
    """Return the positions of the values that lie far from the median, by their median absolute deviation.

    Args:
        values: One per boot; of fewer than four none can be told.
        resolution: What lies nearer to the median than this is never far.
    """
    if len(values) < _LEAST_BOOTS:
        return []
    middle = statistics.median(values)
    mad = statistics.median(abs(value - middle) for value in values)
    return [
        place
        for place, value in enumerate(values)
        if abs(value - middle) > resolution and _SCALE * abs(value - middle) > _FAR * mad
    ]
