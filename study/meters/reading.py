"""Reads a capture through its meter, and refuses what no lab host can have printed.

What a meter's parser cannot know from the text alone is checked here: how many lines were printed, how many samples the
command asks for, that no two numbers have the same name, and that each number is in a plausible range.
"""

import math
import re
from collections.abc import Sequence

from dataset.descriptors import Unit
from study.meters.base import Meter, Number, unrecognised

# More than any machine has. With five-level page tables the kernel prints 12.5 PiB of VmallocTotal.
_LARGEST: dict[Unit, float] = {
    "KiB": 2**44,
    "MiB": 2**34,
    "B": 2**60,
    "percent": 100 * 8192,
    "s": 1e10,
    "count": 2**44,
    "1/s": 2**44,
    "MiB/s": 2**34,
}
# More than any number has; Python refuses to convert thousands of digits.
_TOO_MANY_DIGITS = re.compile(r"[0-9]{100}")


def read(meter: Meter, text: str, *, command: str = "", lines: int | None = None) -> list[Number]:
    """Read a capture.

    Args:
        meter: The meter that made it.
        text: The capture.
        command: The command line that printed it; if given, the text must hold as many samples as it asks for.
        lines: How many lines were counted where it was printed; None: it was taken before lines were counted.

    Raises:
        HvlabError: The meter does not know the text's form, or lines, samples, names or numbers are not right.
    """
    if lines is not None and text.count("\n") != lines:
        raise unrecognised(meter.name, text, f"{text.count(chr(10))} lines, {lines} were printed")
    if _TOO_MANY_DIGITS.search(text):
        raise unrecognised(meter.name, text, "a number has 100 digits or more")
    numbers = meter.parse(text)
    if wrong := _wrong_name(numbers) or _wrong_value(meter, numbers) or _wrong_samples(meter, numbers, command):
        raise unrecognised(meter.name, text, wrong)
    return numbers


def _wrong_name(numbers: Sequence[Number]) -> str:
    metrics = [number.metric for number in numbers]
    repeated = next((metric for metric in metrics if metrics.count(metric) > 1), None)
    return f"two numbers are called {repeated}" if repeated else ""


def _wrong_value(meter: Meter, numbers: Sequence[Number]) -> str:
    for number in numbers:
        least = -_LARGEST[number.unit] if number.metric in meter.signed else 0
        if not (math.isfinite(number.value) and least <= number.value <= _LARGEST[number.unit]):
            return f"{number.metric} is {number.value} {number.unit}"
    return ""


def _wrong_samples(meter: Meter, numbers: Sequence[Number], command: str) -> str:
    """Check that no sample was lost on the way: without it the mean would be another."""
    if not meter.asked or not command:
        return ""
    found, asked = next((number.value for number in numbers if number.metric == "samples"), 1), meter.asked(command)
    return "" if found == asked else f"{found} samples, {asked} were asked for"
