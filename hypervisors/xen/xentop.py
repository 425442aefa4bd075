"""Meter `xentop`: CPU and memory of each domain as the hypervisor counts them (xentop(1), Xen 4).

mpstat in dom0 does not see the guests' CPU time; xentop does. Its first iteration has nothing to compare
with and prints 0.0 for every domain, so two are taken and the second is read. Without -f it cuts names at 10
characters; an older xentop, which does not know the option, is asked without it, and domains whose names are
the same then are told apart by their order.
"""

import re

from hypervisors.xen.parameters import XenParameters
from hypervisors.xen.xl_list import HOST_DOMAIN
from study.meters.base import Context, Meter, Number, unrecognised
from study.meters.parsing import told_apart

_CPU = "CPU(%)"
_MEMORY = "MEM(k)"
_ITERATIONS = 2
# Characters of a name without -f.
_CUT_AT = 10


def command(context: Context) -> str:
    """Make the command line: two iterations, `xentop_delay_s` seconds apart."""
    delay_s = XenParameters.model_validate(context.parameters).xentop_delay_s
    full = "$(xentop -f -h >/dev/null 2>&1 && echo -f)"
    return f"xentop -b {full} -i {_ITERATIONS} -d {delay_s}"


def lasts(line: str) -> float:
    """Tell how long a command line takes, seconds: the time between its two iterations."""
    match = re.search(r" -d ([0-9]+)$", line)
    return int(match[1]) if match else 0


def parse(text: str) -> list[Number]:
    """Read `cpu:NAME` (percent of one CPU) and `mem:NAME` (KiB) of every domain from the last iteration.

    Raises:
        HvlabError: There are not two iterations, a row does not fit the header, or a domain is there twice.
    """
    header, rows = _last_iteration(text)
    cpu, memory = header.index(_CPU), header.index(_MEMORY)
    numbers = []
    split = [_fields(line, len(header)) for line in rows]
    if whole := [fields[0] for fields in split if len(fields[0]) != _CUT_AT and split.count(fields) > 1]:
        raise unrecognised("xentop", text, f"domain {whole[0]} is there twice")
    names = told_apart([fields[0] for fields in split])
    if HOST_DOMAIN not in names:
        raise unrecognised("xentop", text, f"no {HOST_DOMAIN}")
    for line, fields, name in zip(rows, split, names, strict=True):
        if len(fields) != len(header):
            raise unrecognised("xentop", text, f"{line.strip()!r} does not fit the header")
        try:
            numbers.append(Number(f"cpu:{name}", float(fields[cpu]), "percent"))
            numbers.append(Number(f"mem:{name}", int(fields[memory]), "KiB"))
        except ValueError as error:
            raise unrecognised("xentop", text, f"{line.strip()!r} does not fit the header") from error
    return numbers


def _last_iteration(text: str) -> tuple[list[str], list[str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    starts = [number for number, line in enumerate(lines) if line.split()[:2] == ["NAME", "STATE"]]
    if len(starts) != _ITERATIONS or not text.endswith("\n"):
        raise unrecognised("xentop", text, f"{len(starts)} iterations, not {_ITERATIONS}, or a line is cut off")
    header, rows = lines[starts[-1]].split(), lines[starts[-1] + 1 :]
    if _CPU not in header or _MEMORY not in header or not rows:
        raise unrecognised("xentop", text, f"no columns {_CPU} and {_MEMORY}, or no domain")
    return header, rows


def _fields(line: str, count: int) -> list[str]:
    """Split a row into `count` fields; only the name, the first, may hold spaces.

    MAXMEM of a dom0 without a limit is printed as `no limit`, which is one field.
    """
    return re.sub(r"\bno limit\b", "no-limit", line.strip()).rsplit(maxsplit=count - 1)


METER = Meter(
    name="xentop",
    title="xentop",
    quantity="cpu",
    command=command,
    parse=parse,
    providers=frozenset({"xen"}),
    lasts=lasts,
)
