"""Meter `mpstat`: the share of CPU time by kind, mean over an interval; the 2011 study's own.

Layouts: the text of sysstat 7 (CentOS 5: `%user`, `intr/s`, 12-hour clock) to sysstat 12 (`%usr`,
`%guest`, `%gnice`). The text is read rather than `-o JSON`, which sysstat 7 does not have, and because
the capture is what the paper shows as its terminal picture. The row `Average:` is used: mpstat computes
it from the counters at the first and last sample, so it is more exact than the mean of the printed rows.
Under Xen the CPUs are dom0's virtual CPUs and the guests' work is not in it.
"""

import re

from study.meters.base import Context, Meter, Number, unrecognised

_METRICS = {
    "%usr": "user",
    "%user": "user",
    "%nice": "nice",
    "%sys": "sys",
    "%system": "sys",
    "%iowait": "iowait",
    "%irq": "irq",
    "%soft": "soft",
    "%steal": "steal",
    "%guest": "guest",
    "%gnice": "gnice",
    "%idle": "idle",
}
# Interrupts per second have no unit in the dataset; the capture keeps them.
_NOT_READ = ("intr/s",)
_DECIMAL = re.compile(r"[0-9]+\.[0-9]+")


def command(context: Context) -> str:
    """Make the command line: `mpstat_count` samples of `mpstat_interval_s` seconds each."""
    return f"LC_ALL=C S_TIME_FORMAT=ISO mpstat {context.mpstat_interval_s} {context.mpstat_count}"


def parse(text: str) -> list[Number]:
    """Read the average over all CPUs, in percent of all CPUs; columns that the version lacks are absent.

    Raises:
        HvlabError: There is no row `Average: all` (mpstat was cut off), or a column is not known.
    """
    header, row = _header_and_average(text)
    unknown = [name for name in header if name not in _METRICS and name not in _NOT_READ]
    if unknown or len(header) != len(row) or not all(_DECIMAL.fullmatch(field) for field in row):
        raise unrecognised("mpstat", text, f"row {row} does not fit header {header}")
    shares = {_METRICS[name]: float(field) for name, field in zip(header, row, strict=True) if name in _METRICS}
    if "idle" not in shares:
        raise unrecognised("mpstat", text, "no column %idle")
    return [Number(metric, value, "percent") for metric, value in shares.items()]


def _header_and_average(text: str) -> tuple[list[str], list[str]]:
    """Return what follows `CPU` in the last header and `all` in the average row.

    Before them is a clock of any format, one word or two.
    """
    header = row = None
    for line in text.splitlines():
        fields = line.split()
        if "CPU" in fields and "%idle" in fields:
            header = fields[fields.index("CPU") + 1 :]
        elif fields[:2] == ["Average:", "all"]:
            row = fields[2:]
    if header is None or row is None:
        raise unrecognised("mpstat", text, 'no header "CPU ... %idle" or no row "Average: all"')
    return header, row


METER = Meter(name="mpstat", command=command, parse=parse)
