"""The shell program that runs the meters on the lab host, one after the other.

Under emulation a fork takes 30 to 100 ms, so the program runs each line in its own shell, and only what a line calls is
a process; a line that may end its shell (`exit`, `exec`) runs in a process of its own.

Lines that take several samples (`study.meters.samples.repeated`) with the same count take them in turn: the first
sample of each, one pause, the second of each. They see the host at the same moments, and they wait once instead of each
by itself.
"""

import itertools
import re
import shlex
from collections.abc import Mapping

from study.meters.reader_overhead import COUNT_SESSIONS, SPENT
from study.meters.samples import PAUSE_S, one_sample

# {where} is not /tmp, which the lab host keeps in memory.
_HEAD = """\
export LC_ALL=C S_TIME_FORMAT=ISO
reader_folder=$(mktemp -d {where}/reading.XXXXXX) && cd "$reader_folder" || exit 1
"""
# The names begin with reader_: a meter's line has the same variables. A meter's exit status is that of its last
# sample that failed.
_METERS = f"""\
reader_spent() {{ read -r reader_stat </proc/$$/stat; echo "$1 $2 $reader_stat" >>{SPENT}; }}
reader_begin() {{ read -r reader_from _ </proc/uptime; }}
reader_run() {{
    eval "$2" >>"$1.txt" 2>>"$1.err" </dev/null 3>&- || echo "$?" >"$1.status"
}}
reader_apart() {{ reader_run "$1" "( $2
)"; }}
reader_end() {{
    reader_status=0; [ ! -e "$1.status" ] || read -r reader_status <"$1.status"
    read -r reader_to _ </proc/uptime
    echo "$1 $reader_status $reader_from $reader_to" >>index
    reader_spent "$1" "$reader_to"
}}
reader_begin
reader_spent start "$reader_from"
"""
# A last line in each output, of how much was before it. One program counts for all, after the last meter.
_END_MARK = b"hvlab-end "
_MARKS = f"""\
wc -lc *.txt | while read -r lines bytes name; do
    [ "$name" = total ] || echo "{_END_MARK.decode()}lines=$lines bytes=$bytes" >>"$name"
done
"""
_MARK = re.compile(rb"lines=([0-9]+) bytes=([0-9]+)\n")
_ENDS_SHELL = re.compile(r"\b(exit|exec)\b")
_ARCHIVE = "tar -cf {archive} index *.txt *.err"
_START = """\
setsid sh reader </dev/null >reader.log 2>&1 &
echo $! >pid
read -r up _ </proc/uptime
echo "$reader_folder $up"
"""
# The session that started the reader, and those before it, take a moment to end. One that does not end within 5 s,
# somebody else's, is in the reading, and meter `observer` reports it.
_AWAIT_GONE = f"""\
tries=0
while :; do
    {COUNT_SESSIONS}
    [ $n = 0 ] || [ $tries -ge 25 ] && break
    tries=$((tries+1)); sleep 0.2
done
echo "sessions $n" >>{SPENT}
"""
_END_OF_READER = "END-OF-READER"


def in_one_session(lines: Mapping[str, str]) -> str:
    """Return the program that runs `lines` and writes a tar archive of what they gave to its output."""
    head = "exec 3>&1 1>&2\n" + _HEAD.format(where="/tmp") + _METERS
    return head + _calls(lines) + _MARKS + _ARCHIVE.format(archive="- >&3") + '; cd /; rm -rf "$reader_folder"\n'


def detached(lines: Mapping[str, str]) -> str:
    """Return the program that starts the reader and prints its folder and the uptime at that moment.

    The folder has the file `done`, a tar archive, when the reader is done; its process is in `pid`, what went wrong in
    `reader.log`.
    """
    archive = _ARCHIVE.format(archive="done.part") + " && mv done.part done\n"
    whole = _AWAIT_GONE + _METERS + _calls(lines) + _MARKS + archive
    written = f"cat >reader <<'{_END_OF_READER}'\n{whole}{_END_OF_READER}\n"
    return _HEAD.format(where="/var/tmp") + written + _START


def groups(lines: Mapping[str, str]) -> list[dict[str, str]]:
    """Split lines into those that take their samples in turn, neighbours with equally many; others stand alone."""
    runs = itertools.groupby(enumerate(lines.items()), key=lambda each: _together(*each))
    return [dict(line for _, line in run) for _, run in runs]


def _together(place: int, line: tuple[str, str]) -> tuple[int, int]:
    """Return what is equal for lines that take their samples in turn, and different for all others."""
    _, count = one_sample(line[1])
    return (count, 0) if count > 1 else (1, place)


def _calls(lines: Mapping[str, str]) -> str:
    return "".join(_call(group) for group in groups(lines))


def _call(group: Mapping[str, str]) -> str:
    once = {name: one_sample(line) for name, line in group.items()}
    run = "".join(f"{_runner(line)} {shlex.quote(name)} {shlex.quote(line)}\n" for name, (line, _) in once.items())
    ends = "".join(f"reader_end {shlex.quote(name)}\n" for name in group)
    count = max(count for _, count in once.values())
    if count > 1:
        head = f"reader_sample=0; while [ $reader_sample -lt {count} ]; do\n"
        pause = f"[ $reader_sample = 0 ] || sleep {PAUSE_S}\n"
        run = f"{head}{pause}{run}reader_sample=$((reader_sample+1)); done\n"
    return f"reader_begin\n{run}{ends}"


def _runner(line: str) -> str:
    return "reader_apart" if _ENDS_SHELL.search(line) else "reader_run"


def unmarked(output: bytes) -> bytes | None:
    """Return what a command printed, without the end mark behind it; None if there is none, or it counts otherwise."""
    printed, _, end = output.rpartition(_END_MARK)
    mark = _MARK.fullmatch(end)
    if not mark or (int(mark[1]), int(mark[2])) != (printed.count(b"\n"), len(printed)):
        return None
    return printed
