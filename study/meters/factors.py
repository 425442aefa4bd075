"""Meter `factors`: the factors as the lab host shows them, beside what the study has set (docs/reference/factors.md).

The command and its parser are assembled from what each factor (`factors/`) and each hypervisor's plug-in
(`Hypervisor.factor_readings`) reads; study.meters.readback has the form of the capture.
"""

from collections.abc import Iterator
from typing import Any

from hypervisors.base import Hypervisor
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.factors.registry import all_factors
from study.meters.base import Context, Meter, Number
from study.meters.readback import END, NAME, Readback, Reading


def readings_of(hypervisor: Hypervisor) -> dict[str, Reading]:
    """Return how each factor is read back under a hypervisor, whose own reading takes precedence over the factor's."""
    found = {name: factor.reading for name, factor in all_factors().items()} | dict(hypervisor.factor_readings)
    return {name: reading for name, reading in found.items() if reading is not None}


def command(context: Context) -> str:
    """Make the program for the context's hypervisor and image folder."""
    readings = readings_of(get_hypervisor(context.provider)).values()
    lines = "".join(f"{reading.lines}; " for reading in readings if reading.lines)
    parts = "".join(
        f"echo {reading.part}; {make(context)} && " for reading in readings if (make := reading.part_command)
    )
    return f"{lines}{parts}echo '{END}'"


def parse(text: str) -> list[Number]:
    """Read the numbers that the factors keep: swap (KiB), pages that KSM merged, the host's memory (KiB), and others.

    Raises:
        HvlabError: The capture was cut off, or a line is not of the program above.
    """
    found = _split(text)
    return [number for reading in dict.fromkeys(_all_readings()) for number in reading.numbers(found)]


def shown(text: str, hypervisor: Hypervisor) -> dict[str, Any]:
    """Return what a lab host shows of each factor, in the factor's own type; None where it has no such thing.

    Raises:
        HvlabError: See `parse`; or a factor's reading does not recognise its lines.
    """
    found, readings = _split(text), readings_of(hypervisor)
    return {name: readings[name].show(found) if name in readings else None for name in all_factors()}


def _split(text: str) -> Readback:
    return Readback.parse(text, {reading.part for reading in _all_readings() if reading.part})


def _all_readings() -> Iterator[Reading]:
    """Yield the factors' readings and those of all hypervisors: a capture does not name its hypervisor."""
    for factor in all_factors().values():
        if factor.reading is not None:
            yield factor.reading
    for hypervisor in all_hypervisors().values():
        yield from hypervisor.factor_readings.values()


METER = Meter(name=NAME, title="Factors of the lab host", quantity="other", command=command, parse=parse)
