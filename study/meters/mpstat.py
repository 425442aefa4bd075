"""Meter `mpstat`: the share of CPU time by kind, mean over an interval; the 2011 study's own.

Layouts: the text of sysstat 5 to 12 (sysstat 7 of CentOS 5 has `%user` and `intr/s`) with a clock of 24 or 12
hours, and `-o JSON` of sysstat 11.5.1 and later. The meter's own command asks for text, which every version
has, and because the capture is what the paper shows as its terminal picture. Of text the row `Average:` is
used: mpstat computes it from the counters at the first and last sample, so it is more exact than the mean of
the rows. JSON has no such row; there the mean of the samples is taken.
Under a hypervisor below the kernel the CPUs are the host's virtual CPUs, and the guests' work is not in it.
"""

import re
from dataclasses import dataclass, field

from study.meters import mpstat_json
from study.meters.base import Context, Meter, Number, unrecognised
from study.meters.parsing import stands_under
from study.meters.samples import summarise

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
_NOT_READ = "intr/s"
_LAYOUTS = {
    tuple(layout.split())
    for layout in (
        "%user %nice %system %iowait %irq %soft %idle intr/s",  # sysstat 5 and 6
        "%user %nice %sys %iowait %irq %soft %steal %idle intr/s",  # 7 and 8.0
        "%usr %nice %sys %iowait %irq %soft %steal %guest %idle",  # 8.1 to 10.1
        "%usr %nice %sys %iowait %irq %soft %steal %guest %gnice %idle",  # 10.1.1 and later
    )
}
_CLOCK = r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]|(?:0[1-9]|1[0-2]):[0-5][0-9]:[0-5][0-9] [AP]M)"
_BANNER = re.compile(r"Linux \S+ \([^()]*\)\s+[0-9/.-]+(?:\s+_\S+_)?(?:\s+\([0-9]+ CPU\))?\s*")
_HEADER = re.compile(rf"(?:{_CLOCK}|Average:) +CPU(?P<names>(?: +[%a-z/]+)+)")
_ROW = re.compile(rf"(?P<when>{_CLOCK}|Average:) +(?P<cpu>all|[0-9]+)(?P<values>(?: +[0-9]+\.[0-9][0-9])+)")
# The average is of the samples; the rounding to two decimals, and intervals that are not all alike, blur it.
_BLUR = 0.05


@dataclass
class _Table:
    """What was printed: the header, and of CPU `all` the samples and the average."""

    header: str = ""
    names: tuple[str, ...] = ()
    samples: list[dict[str, float]] = field(default_factory=list)
    averages: list[dict[str, float]] = field(default_factory=list)


def command(context: Context) -> str:
    """Make the command line: `mpstat_count` samples of `mpstat_interval_s` seconds each."""
    return f"LC_ALL=C S_TIME_FORMAT=ISO mpstat {context.mpstat_interval_s} {context.mpstat_count}"


def asked(line: str) -> int:
    """Return how many samples a command line asks for."""
    match = re.search(r" [0-9]+ ([0-9]+)$", line)
    return int(match[1]) if match else 1


def lasts(line: str) -> float:
    """Return how long a command line takes, seconds."""
    match = re.search(r" ([0-9]+) ([0-9]+)$", line)
    return int(match[1]) * int(match[2]) if match else 0


def parse(text: str) -> list[Number]:
    """Read the average over all CPUs, in percent of all CPUs; columns that the version lacks are absent.

    Of several samples also the median and spread (`study.meters.samples`).

    Raises:
        HvlabError: The output is none of the layouts above, was cut off (no row `Average: all`), or its shares do
            not add up to 100.
    """
    if text.startswith("{"):
        return summarise(mpstat_json.samples(text), "percent", resolution=0.01)
    table = _read(text)
    if not table.names or len(table.averages) != 1 or not table.samples:
        raise unrecognised("mpstat", text, 'no header "CPU ... %idle" or no row "Average: all"')
    (average,) = table.averages
    blur = _blur(table.samples)
    for metric, value in average.items():
        seen = [sample[metric] for sample in table.samples]
        if not min(seen) - blur <= value <= max(seen) + blur:
            raise unrecognised("mpstat", text, f"the average of %{metric} is {value}, outside of its samples")
    return summarise(table.samples, "percent", resolution=0.01, means=average)


def _blur(samples: list[dict[str, float]]) -> float:
    """Return by how many points an average may be outside of its samples.

    The kernel's counter of iowait can go back, since it finds out later that a CPU was idle (proc_stat(5)). Where it
    does, sysstat takes none for that sample, and for the average what the counter rose by in the end; so ticks of a
    sample in which it goes on again are not in the average: at most all of that sample's iowait.
    """
    return _BLUR + max(sample.get("iowait", 0) for sample in samples)


def _read(text: str) -> _Table:
    """Read the lines one after the other; every one must be of a known kind."""
    lines = text.splitlines()
    if not lines or not _BANNER.fullmatch(lines[0]) or not text.endswith("\n"):
        raise unrecognised("mpstat", text, 'no first line "Linux ...", or no end of line')
    table = _Table()
    for line in lines[1:]:
        if header := _HEADER.fullmatch(line):
            _take_header(table, text, line, tuple(header["names"].split()))
        elif row := _ROW.fullmatch(line):
            _take_row(table, text, line, row)
        elif line.strip():
            raise unrecognised("mpstat", text, f"row {line!r} does not fit header {list(table.names)}")
    return table


def _take_header(table: _Table, text: str, line: str, names: tuple[str, ...]) -> None:
    if names not in _LAYOUTS or (table.names and table.names != names):
        raise unrecognised("mpstat", text, f"header {list(names)} is of no known version")
    table.header, table.names = line, names


def _take_row(table: _Table, text: str, line: str, row: re.Match[str]) -> None:
    values = [float(value) for value in row["values"].split()]
    if len(values) != len(table.names) or not stands_under(table.header, line, len(values)):
        raise unrecognised("mpstat", text, f"row {line!r} does not fit header {list(table.names)}")
    if row["cpu"] != "all":
        return
    shares = {_METRICS[name]: value for name, value in zip(table.names, values, strict=True) if name != _NOT_READ}
    is_mean = row["when"] == "Average:"
    if not mpstat_json.adds_up(shares, mpstat_json.MEAN_POINTS if is_mean else mpstat_json.SAMPLE_POINTS):
        raise unrecognised("mpstat", text, f"the shares of {line!r} do not add up to 100")
    if is_mean:
        table.averages.append(shares)
    elif table.averages:
        raise unrecognised("mpstat", text, f"row {line!r} comes after the average")
    else:
        table.samples.append(shares)


METER = Meter(name="mpstat", title="mpstat", quantity="cpu", command=command, parse=parse, asked=asked, lasts=lasts)
