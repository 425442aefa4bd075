"""Which differences are called differences: the errors that the 2011 study states for its own readings.

10 MB of memory (section 3.2), 1 % of CPU (3.3); it states none for disk, so 1 % of the smaller value is used.
"""

from report.tables.quantities import UNITS

MEMORY_MIB = 10.0
CPU_POINTS = 1.0
DISK_SHARE = 0.01


def resolution(quantity: str, least: float) -> float:
    """Return the least difference that is called one, in the quantity's unit.

    Args:
        quantity: A key of `report.quantities.UNITS`.
        least: The smaller of the values that are compared; only disk's resolution is a share of it.
    """
    return {"MiB": MEMORY_MIB, "percent": CPU_POINTS, "B": DISK_SHARE * least}[UNITS[quantity]]
