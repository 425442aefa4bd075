"""Load `memory`: a process in each guest touches memory and holds it."""

from loads.base import Load, Program, Size, Sizes, no_command
from loads.parts import numbers_of
from loads.stress_ng import parse as parse_metrics
from study.meters.base import Meter, Number

_METER = "load-memory"
MEMORY = Size("memory_mib", 64, least=4)


def _line(sizes: Sizes) -> str:
    # Written once, then held: what is measured is memory, not the CPU that would write it again and again.
    size = f"--vm 1 --vm-bytes {sizes[MEMORY.name]}M --vm-keep --vm-hang 0 --vm-method write64"
    return f"stress-ng {size} --metrics --timeout 0 --temp-path . 2>&1"


def _holds(sizes: Sizes) -> int:
    return sizes[MEMORY.name]


def parse(text: str) -> list[Number]:
    """Read stress-ng's row of each guest (`loads.stress_ng`).

    Raises:
        HvlabError: One is missing, or not stress-ng's.
    """
    return numbers_of(_METER, text, lambda output: parse_metrics(output, "vm"))


METER = Meter(
    name=_METER, title="Memory load (stress-ng)", quantity="other", command=no_command, parse=parse, where="guests"
)
PROGRAM = Program(_METER, _line, _holds)
LOAD = Load("memory", "memory", (PROGRAM,), (MEMORY,), _holds)
