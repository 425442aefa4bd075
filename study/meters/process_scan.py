"""A shell line that reads a file in /proc of each process of some groups, in one grep(1) and one awk(1) for all.

A fork takes 30 to 100 ms under emulation, so the shell itself looks for the processes by their names
(`/proc/PID/comm`). grep reads the files, since awk would end with an error where a process ends meanwhile: such a
process is left out, or it has a header without what follows. The words of a command line, separated by NUL characters
(proc_pid_cmdline(5)), are separated by blanks.
"""

from collections.abc import Mapping, Sequence

_PROGRAM = """\
l=; g=; for d in /proc/[0-9]*; do read -r comm <"$d/comm" || continue; \
case "$comm" in {cases} *) continue;; esac; \
l="$l $d/comm $d/cmdline $d/{file}"; g="$g ${{d#/proc/}} $group"; done 2>/dev/null; \
grep -sHa "" $l </dev/null | awk -v groups="$g" '\
function finish() {{ if (comm == "") return; {regroup}n++; print "pid=" pid {header}; {end} }} \
BEGIN {{ n = split(groups, words, " "); for (i = 1; i < n; i += 2) groups_of[words[i]] = words[i + 1]; n = 0 }} \
{{ at = index($0, ":"); split(substr($0, 1, at - 1), path, "/"); line = substr($0, at + 1) }} \
path[3] != pid {{ finish(); pid = path[3]; group = groups_of[pid]; comm = cmd = ""; {begin} }} \
path[4] == "comm" {{ if (comm == "") comm = line; next }} \
path[4] == "cmdline" {{ gsub(/\\0/, " ", line); cmd = cmd (cmd == "" ? "" : " ") line; next }} \
{{ {each} }} \
END {{ finish(); print "matched=" n }}'"""


def render_scan(
    groups: Mapping[str, Sequence[str]],
    file: str,
    *,
    header: str,
    begin: str,
    each: str,
    end: str,
    regroup: str = "",
) -> str:
    """Return the shell line; its last line of output is `matched=N`, how many processes it found.

    The awk code has `pid`, `comm`, `cmd` (the command line) and `group` of a process.

    Args:
        groups: Group to shell patterns of process names; a process belongs to the first group with a matching pattern.
        file: Which file of a process is read, besides its name and command line.
        header: awk expressions: what the line `pid=...` of each process ends with.
        begin: awk statement at a process's beginning.
        each: awk statement for each `line` of the file.
        end: awk statement at a process's end, after its header is printed.
        regroup: awk statement before the header is printed; it may change `group`, or return: the process is left out.
    """
    cases = " ".join(f"{'|'.join(names)}) group={group};;" for group, names in groups.items())
    return _PROGRAM.format(
        cases=cases, file=file, header=header, begin=begin, each=each, end=end, regroup=regroup and f"{regroup} "
    )


def holds_one_of(arguments: Sequence[str]) -> str:
    """Return the awk expression that is true for a command line that holds one of some texts."""
    return " || ".join(f'index(cmd, "{text}")' for text in arguments)
