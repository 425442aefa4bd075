"""Meter `free`: the 2011 study's own, `free -m`.

Layouts: procps-ng 3.3.10 and later (column `buff/cache`), and procps 3.2 to procps-ng 3.3.9 (columns
`buffers` and `cached`, a row `-/+ buffers/cache`; CentOS 5 has 3.2.7).

The study read "used without buffers and cache". Column `used` cannot stand for it: it is `total - free` in
procps 3.2, `total - free - buffers - cache` in later procps-ng 3.3 and `total - available` in procps-ng 4. So
`paper_used` is computed from the parts instead, in every layout:

    paper_free = free + buffers + cache
    paper_used = total - paper_free
"""

from study.meters.base import Context, Meter, Number, unrecognised

_COLUMNS = {
    "total": "total",
    "used": "used",
    "free": "free",
    "shared": "shared",
    "buff/cache": "buff_cache",
    "buffers": "buffers",
    "cached": "cached",
    "cache": "cache",
    "available": "available",
}
_CACHES = ("buff_cache", "buffers", "cached", "cache")


def command(context: Context) -> str:
    """Make the command line; it does not depend on the context."""
    del context
    return "LC_ALL=C free -m"


def parse(text: str) -> list[Number]:
    """Read the columns of row `Mem:` as printed, and the study's two numbers, all in MiB.

    Raises:
        HvlabError: Header or row is missing, or does not look like free's.
    """
    header, row = _header_and_row(text)
    unknown = [name for name in header if name not in _COLUMNS]
    if unknown or len(header) != len(row) or not all(field.isdecimal() for field in row):
        raise unrecognised("free", text, f"row {row} does not fit header {header}")
    parts = {_COLUMNS[name]: int(field) for name, field in zip(header, row, strict=True)}
    caches = [parts[name] for name in _CACHES if name in parts]
    if not caches or not {"total", "free"} <= parts.keys():
        raise unrecognised("free", text, "no columns total, free and buff/cache (or buffers and cached)")
    paper_free = parts["free"] + sum(caches)
    parts |= {"paper_used": parts["total"] - paper_free, "paper_free": paper_free}
    return [Number(metric, value, "MiB") for metric, value in parts.items()]


def _header_and_row(text: str) -> tuple[list[str], list[str]]:
    lines = [line.split() for line in text.splitlines() if line.strip()]
    header = next((line for line in lines if line[0] == "total"), None)
    row = next((line[1:] for line in lines if line[0] == "Mem:"), None)
    if header is None or row is None:
        raise unrecognised("free", text, 'no header "total ..." or no row "Mem:"')
    return header, row


METER = Meter(name="free", command=command, parse=parse)
