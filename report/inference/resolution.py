"""What the meters can tell apart, and how their errors grow with what is worked out from the readings.

The 2011 study states 10 MB of memory (section 3.2) and 1 % of CPU (3.3) for a comparison of two readings; it states
none for disk and for time, so 1 % of the smaller value is used.
"""

MEMORY_MIB = 10.0
CPU_POINTS = 1.0
DISK_SHARE = 0.01
TIME_SHARE = 0.01
ABSOLUTE = {"MiB": MEMORY_MIB, "percent": CPU_POINTS}
"""Units of which the resolution is the same everywhere, in the unit."""
SHARES = {"B": DISK_SHARE, "s": TIME_SHARE}
"""Units of which it is a share of the smaller value."""
# Of what guests yield at work: hvlab's own limit, to which a fixed rate of fio must be found again.
WORK_SHARE = 0.02


def resolution_of(unit: str, least: float) -> float:
    """Return the least difference of two readings that is called one.

    Args:
        unit: `MiB`, `percent`, `B` or `s`.
        least: The smaller of the values that are compared; only the resolutions of disk and time are shares of it.
    """
    return ABSOLUTE[unit] if unit in ABSOLUTE else SHARES[unit] * abs(least)


def work_resolution(least: float) -> float:
    """Return the least difference of two rates of work that is called one; `least` is the smaller of them."""
    return WORK_SHARE * abs(least)


def of_line(guests: float, first: int, last: int) -> float:
    """Return by how much reading errors can move a straight line through two stages, at a number of guests, MiB.

    The line at N is `(1 - w) a + w b` of the readings `a` at `first` and `b` at `last` guests, w = (N - first) /
    (last - first). An error of 10 MiB of each moves it by `(|1 - w| + |w|) 10`: 10 MiB between the two stages, 16.7 at
    no guest and 130 at 22 guests of a line through 1 and 4.
    """
    weight = (guests - first) / (last - first)
    return (abs(1 - weight) + abs(weight)) * MEMORY_MIB


def of_slope(first: int, last: int) -> float:
    """Return by how much they can move the line's slope, MiB per guest: both errors over the guests between."""
    return 2 * MEMORY_MIB / (last - first)
