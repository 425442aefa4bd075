"""Load `cpu`: a process in each guest uses a share of one of its CPUs."""

from dataset.descriptors import WorkInfo
from loads.base import Load, Program, Size, Sizes, no_command
from loads.parts import numbers_of
from loads.stress_ng import parse as parse_metrics
from study.meters.base import Meter, Number

_METER = "load-cpu"
CPU = Size("cpu_percent", 20, most=100)


def _line(sizes: Sizes) -> str:
    # One method: what an operation is must not differ between runs.
    return f"stress-ng --cpu 1 --cpu-load {sizes[CPU.name]} --cpu-method int64 --metrics --timeout 0 --temp-path . 2>&1"


def parse(text: str) -> list[Number]:
    """Read stress-ng's row of each guest (`loads.stress_ng`).

    Raises:
        HvlabError: One is missing, or not stress-ng's.
    """
    return numbers_of(_METER, text, lambda output: parse_metrics(output, "cpu"))


METER = Meter(
    name=_METER,
    title="CPU load (stress-ng)",
    quantity="other",
    command=no_command,
    parse=parse,
    where="guests",
    work=WorkInfo(title="Integer operations of stress-ng", metric="ops_rate", unit="1/s"),
)
PROGRAM = Program(_METER, _line)
LOAD = Load("cpu", "CPU", (PROGRAM,), (CPU,))
