"""Meter `xl-info`: the hypervisor's own view of the machine's memory, `xl info` (xl(1), Xen 4).

Host memory in use under Xen is `total_memory - free_memory`; `free` in dom0 sees dom0's share only.
"""

from study.meters.base import Context, Meter, Number, unrecognised
from study.meters.samples import alike, asked, combine, pauses, repeated, split

_METRICS = ("total_memory", "free_memory")


def command(context: Context) -> str:
    """Make the command line: `memory_count` samples."""
    return repeated("xl info", context.memory_count)


def parse(text: str) -> list[Number]:
    """Read `total_memory` and `free_memory`, MiB; of several samples also their median and spread.

    Raises:
        HvlabError: One of them is missing or no whole number, more is free than there is, a line is cut off, or a field
            is there twice or not in each sample.
    """
    blocks = split(text.splitlines(), _name)
    samples = [_sample(text, block) for block in blocks or [[]]]
    if not text.endswith("\n") or not alike(blocks, _name):
        raise unrecognised("xl-info", text, "a line is cut off, or a field is there twice or not in each sample")
    return combine(samples, resolution=1)


def _name(line: str) -> str:
    return line.partition(":")[0].strip()


def _sample(text: str, lines: list[str]) -> list[Number]:
    fields = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            fields[name.strip()] = value.strip()
    if any(not fields.get(name, "").isdecimal() for name in _METRICS):
        raise unrecognised("xl-info", text, f"no whole numbers {' and '.join(_METRICS)}")
    if int(fields["free_memory"]) > int(fields["total_memory"]):
        raise unrecognised("xl-info", text, "more memory is free than there is")
    return [Number(name, int(fields[name]), "MiB") for name in _METRICS]


METER = Meter(
    name="xl-info",
    title="xl info",
    quantity="memory",
    command=command,
    parse=parse,
    providers=frozenset({"xen"}),
    asked=asked,
    lasts=pauses,
)
