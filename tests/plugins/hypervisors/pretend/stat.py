"""Meter `pretend-stat`: the machine's memory as the hypervisor counts it, `pretendctl stat`."""

import re

from study.meters.base import Context, Meter, Number, unrecognised

_LINE = re.compile(r"(total|free) memory: ([0-9]+) MiB")


def command(context: Context) -> str:
    """Make the command line; it does not depend on the context."""
    del context
    return "pretendctl stat"


def parse(text: str) -> list[Number]:
    """Read `total` and `free`, MiB.

    Raises:
        HvlabError: One of them is missing, or a line is something else.
    """
    found = [_LINE.fullmatch(line) for line in text.splitlines()]
    numbers = [Number(match[1], int(match[2]), "MiB") for match in found if match]
    if len(numbers) != len(found) or {number.metric for number in numbers} != {"total", "free"}:
        raise unrecognised("pretend-stat", text, "no total and free memory")
    return numbers


METER = Meter(
    name="pretend-stat",
    title="pretendctl stat",
    quantity="memory",
    command=command,
    parse=parse,
    providers=frozenset({"pretend"}),
)
