"""Meter `xl-list`: memory and CPU seconds of each domain, `xl list` (xl(1), Xen 4).

`xm list` of Xen 3 (CentOS 5) has the same columns and is read, too.
"""

import re
from dataclasses import dataclass

from study.meters.base import Context, Meter, Number, unrecognised
from study.meters.parsing import told_apart

# The host's own, which always runs.
HOST_DOMAIN = "Domain-0"
_HEADER = re.compile(r"Name\s+ID\s+Mem(\(MiB\))?\s+VCPUs\s+State\s+Time\(s\)\s*")
# From the right, since a domain's name may hold spaces.
_ROW = re.compile(
    r"(?P<name>\S.*?)\s+(?P<id>[0-9]+)\s+(?P<mem>[0-9]+)\s+[0-9]+\s+[a-z-]+\s+(?P<time>[0-9]+\.[0-9]+)\s*"
)


@dataclass(frozen=True)
class Domain:
    """One row of `xl list`.

    Attributes:
        name: The domain's name; `Domain-0` is the host's own. Of several with the same name, such as `(null)` of those
            that are dying, each has its ID behind it.
        memory_mib: Its memory, MiB.
        time_s: CPU time that it has used since it was created, seconds.
    """

    name: str
    memory_mib: int
    time_s: float


def command(context: Context) -> str:
    """Make the command line; it does not depend on the context."""
    del context
    return "xl list"


def domains(text: str) -> list[Domain]:
    """Read the table.

    Raises:
        HvlabError: The header or a row is not `xl list`'s, a row is cut off, a domain is there twice, or Domain-0 is
            missing (it always runs).
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or not _HEADER.fullmatch(lines[0]):
        raise unrecognised("xl-list", text, 'no header "Name ID Mem VCPUs State Time(s)"')
    rows = []
    for line in lines[1:]:
        match = _ROW.fullmatch(line)
        if match is None:
            raise unrecognised("xl-list", text, f"{line!r} is no domain")
        rows.append(match)
    if not text.endswith("\n") or len({row["id"] for row in rows}) < len(rows):
        raise unrecognised("xl-list", text, "a line is cut off, or a domain is there twice")
    names = told_apart([row["name"] for row in rows], [row["id"] for row in rows])
    if HOST_DOMAIN not in names:
        raise unrecognised("xl-list", text, "no Domain-0, or two")
    return [Domain(name, int(row["mem"]), float(row["time"])) for name, row in zip(names, rows, strict=True)]


def parse(text: str) -> list[Number]:
    """Read `mem:NAME` (MiB) and `time:NAME` (s) of every domain.

    Raises:
        HvlabError: See `domains`.
    """
    numbers = []
    for domain in domains(text):
        numbers.append(Number(f"mem:{domain.name}", domain.memory_mib, "MiB"))
        numbers.append(Number(f"time:{domain.name}", domain.time_s, "s"))
    return numbers


METER = Meter(
    name="xl-list", title="xl list", quantity="memory", command=command, parse=parse, providers=frozenset({"xen"})
)
