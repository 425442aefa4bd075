"""Meter `observer`: what hvlab itself uses on the lab host during a reading (`study.reading`).

The reading's shell notes its own line of `/proc/PID/stat` before the first meter and after each (in file `spent`);
this meter, its last, adds the shell's memory and that of mpstat, the tool that runs while the CPU is read. Programs
that the other meters call come after the CPU was read and are gone when the next begins; their CPU time is separated
from the shell's own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from study.meters.base import Context, Meter, Number, unrecognised

SPENT = "spent"
# Puts into n how many sessions of sshd there are: all of its processes but the one that listens, which init adopted.
COUNT_SESSIONS = (
    "n=0; for d in /proc/[0-9]*; do"
    ' read -r comm <"$d/comm" || continue; case "$comm" in sshd*) ;; *) continue;; esac;'
    " while read -r name value; do"
    ' case "$name" in PPid:) [ "$value" = 1 ] || n=$((n+1)); break;; esac; done <"$d/status";'
    " done 2>/dev/null"
)
# $$ is the reading's shell. mpstat is run once more for its memory, so that nothing disturbs it when it counts; it
# starts while the rest is read, and sleeps until it is ended.
_PROGRAM = (
    "mpstat 60 1 >/dev/null 2>&1 & tool=$!;"
    f' {COUNT_SESSIONS}; echo "sessions $n"; while IFS= read -r line; do echo "$line"; done <{SPENT};'
    ' while read -r name rest; do case "$name" in cpu[0-9]*) echo "$name";; esac; done </proc/stat;'
    ' while IFS= read -r line; do echo "shell $line"; done </proc/$$/smaps_rollup;'
    " sleep 0.6;"
    ' { read -r comm </proc/$tool/comm && [ "$comm" = mpstat ] &&'
    ' while IFS= read -r line; do echo "$comm $line"; done </proc/$tool/smaps_rollup;'
    " kill $tool; wait $tool; } 2>/dev/null; echo end"
)
_TICKS_PER_S = 100  # USER_HZ, proc_pid_stat(5): 100 on every architecture that has a hypervisor
_START = "start"
_CPU_METER = "mpstat"

_SPENT = re.compile(r"(?P<name>[a-z-]+) (?P<uptime>[0-9]+\.[0-9]{2}) [0-9]+ \(.*\) (?P<stat>[A-Z](?: -?[0-9]+){40,})")
_SESSIONS = re.compile(r"sessions ([0-9]+)")
_CPU = re.compile(r"cpu[0-9]+")
_FIELD = re.compile(r"(?P<who>shell|mpstat) +(?P<name>[A-Z][A-Za-z_]+): +(?P<kib>[0-9]+) kB")
_ROLLUP = re.compile(r"(?:shell|mpstat) [0-9a-f]+-[0-9a-f]+ .*\[rollup\]")
# Fields of /proc/PID/stat behind the name, from 0: the process's own time and that of children that it waited for.
_OWN, _CHILDREN = (11, 12), (13, 14)


@dataclass(frozen=True)
class _Spent:
    """What the shell and its children had used of the CPU at one moment, ticks."""

    name: str
    uptime_s: float
    own: int
    children: int


def command(context: Context) -> str:
    """Make the program; it does not depend on the context."""
    del context
    return _PROGRAM


def parse(text: str) -> list[Number]:
    """Read what hvlab used.

    `pss` and `pss_mpstat`: the shell's and mpstat's, KiB, absent where the kernel has no smaps_rollup. In percent of
    all CPUs: `cpu_shell` and `cpu_tools` over the whole reading, `cpu_mpstat` both together while mpstat ran, its
    start included. `sessions`: of sshd while the reading was taken, the larger of the counts at its begin and its
    end. `seconds` of the reading.

    Raises:
        HvlabError: A line is not of the program above or is there twice, its last line is missing, or what was spent
            is negative or becomes less.
    """
    lines = text.split("\n")
    if lines[-2:] != ["end", ""]:
        raise unrecognised("observer", text, 'no last line "end"')
    spent, sessions, cpus = list[_Spent](), list[int](), list[str]()
    memory: dict[tuple[str, str], int] = {}
    for line in lines[:-2]:
        if match := _SPENT.fullmatch(line):
            spent.append(_moment(text, match))
        elif match := _SESSIONS.fullmatch(line):
            sessions.append(int(match[1]))
        elif (match := _FIELD.fullmatch(line)) and (match["who"], match["name"]) not in memory:
            memory[match["who"], match["name"]] = int(match["kib"])
        elif _CPU.fullmatch(line) and line not in cpus:
            cpus.append(line)
        elif not _ROLLUP.fullmatch(line):
            raise unrecognised("observer", text, f"{line!r} is no line of it")
    if not spent or spent[0].name != _START or not cpus or not sessions:
        raise unrecognised("observer", text, "no lines of what was spent, of the CPUs or of the sessions")
    if not all(_follows(*pair) for pair in pairwise(spent)):
        raise unrecognised("observer", text, "what was spent becomes less, or a meter is there twice")
    return [*_memory(memory), *_cpu(spent, len(cpus)), Number("sessions", max(sessions), "count")]


def _follows(before: _Spent, after: _Spent) -> bool:
    """Return whether nothing became less, and another meter was read."""
    grows = before.uptime_s <= after.uptime_s and before.own <= after.own and before.children <= after.children
    return grows and before.name != after.name


def _moment(text: str, match: re.Match[str]) -> _Spent:
    fields = match["stat"].split()
    ticks = {at: int(fields[at]) for at in (*_OWN, *_CHILDREN)}
    if min(ticks.values()) < 0:
        raise unrecognised("observer", text, f"{match['name']}: a time is negative")
    own, children = (sum(ticks[at] for at in places) for places in (_OWN, _CHILDREN))
    return _Spent(match["name"], float(match["uptime"]), own, children)


def _memory(fields: Mapping[tuple[str, str], int]) -> list[Number]:
    names = {"shell": "pss", "mpstat": "pss_mpstat"}
    return [Number(names[who], kib, "KiB") for (who, name), kib in fields.items() if name == "Pss"]


def _cpu(spent: Sequence[_Spent], cpus: int) -> list[Number]:
    first, last = spent[0], spent[-1]
    numbers = [Number("seconds", round(last.uptime_s - first.uptime_s, 2), "s")]
    if last.uptime_s > first.uptime_s:
        per_tick = 100 / ((last.uptime_s - first.uptime_s) * _TICKS_PER_S * cpus)
        numbers.append(Number("cpu_shell", round((last.own - first.own) * per_tick, 3), "percent"))
        numbers.append(Number("cpu_tools", round((last.children - first.children) * per_tick, 3), "percent"))
    for before, after in pairwise(spent):
        if after.name == _CPU_METER and after.uptime_s > before.uptime_s:
            ticks = after.own + after.children - before.own - before.children
            share = 100 * ticks / ((after.uptime_s - before.uptime_s) * _TICKS_PER_S * cpus)
            numbers.append(Number("cpu_mpstat", round(share, 3), "percent"))
    return numbers


METER = Meter(
    name="observer", title="The reader's own use", quantity="other", command=command, parse=parse, lasts=lambda line: 1
)
