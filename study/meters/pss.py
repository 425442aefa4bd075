"""Meter `pss`: memory of the VMM's own processes, from `/proc/PID/smaps_rollup` (kernel 4.14 and later).

PSS counts a page that N processes share as 1/N, so the sum over processes is right where a sum of RSS counts
shared pages N times (kernel documentation, filesystems/proc.rst). Two groups are summed apart:

- guest: what the VMM starts for each guest, such as QEMU: `pss`, ..., `processes`
- daemon: what serves all guests: `daemon_pss`, ..., `daemon_processes`

Limit: a guest's memory that a kernel module or a hypervisor below the kernel holds is in no process's PSS.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from core.errors import HvlabError
from study.meters.base import Context, Meter, Number, unrecognised
from study.meters.process_scan import holds_one_of, render_scan
from study.meters.samples import asked, combine, pauses, repeated

_HEADER = re.compile(r"pid=(?P<pid>[0-9]+) group=(?P<group>[a-z]+) comm=.*")
_FIELD = re.compile(r"([A-Z][A-Za-z_]+):\s+([0-9]+) kB")
_ROLLUP = re.compile(r"[0-9a-f]+-[0-9a-f]+ .*\[rollup\]")
_END = re.compile(r"matched=(?P<count>[0-9]+)")
_PAGE_KIB = 4
_PARTS = ("Pss_Anon", "Pss_File", "Pss_Shmem")
_METRICS = {
    "Pss": "pss",
    "Pss_Anon": "pss_anon",
    "Pss_File": "pss_file",
    "Pss_Shmem": "pss_shmem",
    "Rss": "rss",
}


def command(context: Context) -> str:
    """Make the program that prints, for each process of the VMM, a header line and its smaps_rollup.

    Raises:
        HvlabError: The context names no processes.
    """
    require_processes("pss", context)
    groups = {"guest": context.guest_processes, "daemon": context.daemon_processes}
    return render_pss_script(groups, context.memory_count, context.daemon_arguments)


def require_processes(meter: str, context: Context) -> None:
    """Make sure that the context names the VMM's processes.

    Raises:
        HvlabError: It does not.
    """
    if not context.guest_processes or not context.daemon_processes:
        raise HvlabError(
            f"meter {meter}: no process names known for provider {context.provider!r}",
            "set guest_processes and daemon_processes",
            code="no-processes",
        )


def render_pss_script(groups: Mapping[str, Sequence[str]], count: int, daemon_arguments: Sequence[str] = ()) -> str:
    """Return the shell program that prints the smaps_rollup of each process of some groups.

    Args:
        groups: Group to patterns of process names; a process belongs to the first group with a matching pattern.
        count: Number of samples.
        daemon_arguments: A process of the group `guest` is one of `daemon` if its command line holds one of these.
    """
    shared = f'if (group == "guest" && ({holds_one_of(daemon_arguments)})) group = "daemon";'
    line = render_scan(
        groups,
        "smaps_rollup",
        header='" group=" group " comm=" comm " cmd=" substr(cmd, 1, 160)',
        begin='body = ""',
        each='body = body line "\\n"',
        end='printf "%s", body',
        regroup=shared if daemon_arguments else "",
    )
    return repeated(line, count)


def parse(text: str) -> list[Number]:
    """Sum over each group's processes, KiB, and count them.

    A group without a process has a count of 0 and no sums. A field that one of the group's processes
    lacks (old kernels have no `Pss_Anon`) has no sum. Of several samples also the median and spread; what one of the
    samples lacks is absent.

    Raises:
        HvlabError: A line is not of the program above, or its last line is missing.
    """
    return sums("pss", text, {"guest": "", "daemon": "daemon_"})


def sums(meter: str, text: str, prefixes: Mapping[str, str]) -> list[Number]:
    """Sum over the processes of each group of `render_pss_script`, KiB, and count them.

    Args:
        meter: For errors.
        text: What the program printed.
        prefixes: Group to the beginning of its numbers' names.

    Raises:
        HvlabError: A line is not of the program, or its last line is missing.
    """
    samples = [_sample(meter, text, lines, prefixes) for lines in _samples(meter, text)]
    return combine(samples, resolution=_PAGE_KIB)


def _samples(meter: str, text: str) -> list[list[str]]:
    """Split the output into samples; each ends with a line `matched=N`."""
    samples: list[list[str]] = [[]]
    for line in text.splitlines():
        samples[-1].append(line)
        if _END.fullmatch(line):
            samples.append([])
    if samples[-1] or len(samples) == 1:
        raise unrecognised(meter, text, 'no last line "matched=N"')
    return samples[:-1]


def _sample(meter: str, text: str, lines: list[str], prefixes: Mapping[str, str]) -> list[Number]:
    groups = _processes(meter, text, lines, prefixes)
    numbers = []
    for group, processes in groups.items():
        prefix = prefixes[group]
        for field, metric in _METRICS.items():
            if processes and all(field in process for process in processes):
                total = sum(process[field] for process in processes)
                numbers.append(Number(prefix + metric, total, "KiB"))
        numbers.append(Number(f"{prefix}processes", len(processes), "count"))
    return numbers


def _processes(meter: str, text: str, lines: list[str], names: Iterable[str]) -> dict[str, list[dict[str, int]]]:
    """Map each group to its processes' fields; processes that ended before they were read are left out.

    Raises:
        HvlabError: A line is not of the program, a process is missing, there twice or not whole.
    """
    groups: dict[str, list[dict[str, int]]] = {name: [] for name in names}
    pids, process = list[str](), None
    for line in lines[:-1]:
        if (header := _HEADER.fullmatch(line)) and header["group"] in groups:
            process = dict[str, int]()
            pids.append(header["pid"])
            groups[header["group"]].append(process)
        elif process is not None and (field := _FIELD.fullmatch(line)) and field[1] not in process:
            process[field[1]] = int(field[2])
        elif not _ROLLUP.fullmatch(line):
            raise unrecognised(meter, text, f"{line!r} is no line of smaps_rollup, or there twice")
    end = _END.fullmatch(lines[-1])
    if len(set(pids)) != len(pids) or not end or len(pids) != int(end["count"]):
        raise unrecognised(meter, text, f"{len(set(pids))} processes of {len(pids)}, but {lines[-1]}")
    read = {group: [fields for fields in found if fields] for group, found in groups.items()}
    whole = [fields for found in read.values() for fields in found]
    if len({frozenset(fields) for fields in whole}) > 1 or not all(map(_adds_up, whole)):
        raise unrecognised(meter, text, "a process has other fields than the others, or they do not add up")
    return read


def _adds_up(fields: Mapping[str, int]) -> bool:
    """Return whether a process has PSS, within RSS, and its parts make the whole; each is rounded down to whole KiB."""
    parts = [fields[name] for name in _PARTS if name in fields]
    if "Pss" not in fields or fields["Pss"] > fields.get("Rss", fields["Pss"]):
        return False
    return len(parts) < len(_PARTS) or 0 <= fields["Pss"] - sum(parts) <= len(_PARTS)


METER = Meter(
    name="pss",
    title="PSS of the hypervisor's processes",
    quantity="memory",
    command=command,
    parse=parse,
    asked=asked,
    lasts=pauses,
)
