"""Meter `vmm`: memory of the processes that the VMM starts for each guest, the guest's RAM apart from the VMM's own.

From `/proc/PID/smaps` (proc_pid_smaps(5)): PSS, and USS, what the process has to itself (`Private_Clean` +
`Private_Dirty`). QEMU holds a guest's RAM as anonymous memory of the size given on its command line (`-m`); a mapping
of that size is the guest's, all others are QEMU's own. Where guest RAM is in no process (a kernel module has it, see
meter `account`, or a hypervisor below the kernel), `guest_ram` is absent, and the processes are all the VMM's own.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from study.meters.base import Context, Meter, Number, unrecognised
from study.meters.process_scan import holds_one_of, render_scan
from study.meters.pss import require_processes

_LARGE_KIB = 16 * 1024
# awk adds up: QEMU has hundreds of mappings of 25 lines each. A mapping's last line is known by the next one's first.
_MAP_DONE = (
    f'if (size >= {_LARGE_KIB}) maps = maps "map " size " " rss " " pss " " uss " " perms " " name "\\n";'
    " if (size) { r += rss; p += pss; u += uss }"
)
_BEGIN = 'maps = ""; r = p = u = size = 0'
_EACH = (
    f"if (line ~ /^[0-9a-f]+-[0-9a-f]+ /) {{ {_MAP_DONE}"
    " split(line, w); perms = w[2]; name = w[6]; size = uss = 0 }"
    " else if (line ~ /^Size:/) size = substr(line, 6) + 0; else if (line ~ /^Rss:/) rss = substr(line, 5) + 0;"
    " else if (line ~ /^Pss:/) pss = substr(line, 5) + 0;"
    " else if (line ~ /^Private_(Clean|Dirty):/) uss += substr(line, 15)"
)
_END = f'{_MAP_DONE} printf "%s", maps; print "all", r, p, u'

_HEADER = re.compile(r"pid=[0-9]+ comm=.*? cmd=(?P<cmd>.*)")
_MAP = re.compile(r"map (?P<size>[0-9]+) (?P<rss>[0-9]+) (?P<pss>[0-9]+) (?P<uss>[0-9]+) [-rwxsp]{4} ?(?P<name>.*)")
_ALL = re.compile(r"all (?P<rss>[0-9]+) (?P<pss>[0-9]+) (?P<uss>[0-9]+)")
_LAST = re.compile(r"matched=(?P<count>[0-9]+)")
_RAM = re.compile(r" -m (?:size=)?(?P<size>[0-9]+)(?P<unit>[kKmMgG]?)\b")
_RAM_OPTION = re.compile(r" -m [^ ]*")
_KIB = {"k": 1, "": 1024, "m": 1024, "g": 1024 * 1024}


@dataclass
class _Process:
    """One process: the memory of its guest by its command line, and the sums of its smaps; KiB."""

    ram_size: int | None
    maps: list[re.Match[str]] = field(default_factory=list)
    rss: int = -1  # not read yet
    pss: int = 0
    uss: int = 0

    def ram(self) -> tuple[int, int] | None:
        """Return PSS and USS of the mappings that hold the guest's RAM; None if there is none of that size."""
        found = [each for each in self.maps if int(each["size"]) == self.ram_size and not each["name"].startswith("/")]
        if not found:
            return None
        return sum(int(each["pss"]) for each in found), sum(int(each["uss"]) for each in found)


def command(context: Context) -> str:
    """Make the program that prints, for each process, a header line, its large mappings and its sums.

    Raises:
        HvlabError: The context names no processes.
    """
    require_processes("vmm", context)
    shared = f"if ({holds_one_of(context.daemon_arguments)}) return;" if context.daemon_arguments else ""
    return render_scan(
        {"guest": context.guest_processes},
        "smaps",
        header='" comm=" comm " cmd=" substr(cmd, 1, 4000)',
        begin=_BEGIN,
        each=_EACH,
        end=_END,
        regroup=shared,
    )


def parse(text: str) -> list[Number]:
    """Count the processes and add up, KiB: `pss`, `uss`, `own`, `own_uss`; `guest_ram`, `guest_ram_uss` of QEMU.

    Without a process there are no sums. If a QEMU has no mapping of its guest's size, its guest's RAM cannot be
    distinguished: `guest_ram` and `own` are absent.

    Raises:
        HvlabError: A line is not of the program above, or its last line is missing.
    """
    processes = [each for each in _processes(text) if each.rss > 0]  # 0: it ended meanwhile
    numbers = [Number("processes", len(processes), "count")]
    if not processes:
        return numbers
    pss, uss = sum(each.pss for each in processes), sum(each.uss for each in processes)
    numbers += [Number("pss", pss, "KiB"), Number("uss", uss, "KiB")]
    holders = [each for each in processes if each.ram_size is not None]
    rams = [ram for each in holders if (ram := each.ram()) is not None]
    if len(rams) != len(holders):
        return numbers
    ram_pss, ram_uss = (sum(ram[at] for ram in rams) for at in (0, 1))
    if rams:
        numbers += [Number("guest_ram", ram_pss, "KiB"), Number("guest_ram_uss", ram_uss, "KiB")]
    return [*numbers, Number("own", pss - ram_pss, "KiB"), Number("own_uss", uss - ram_uss, "KiB")]


def _processes(text: str) -> list[_Process]:
    lines = text.split("\n")
    end = _LAST.fullmatch(lines[-2]) if len(lines) > 1 and not lines[-1] else None
    if end is None:
        raise unrecognised("vmm", text, 'no last line "matched=N"')
    found: list[_Process] = []
    for line in lines[:-2]:
        if header := _HEADER.fullmatch(line):
            found.append(_Process(_ram_size(text, header["cmd"])))
        elif found and found[-1].rss < 0 and (mapping := _MAP.fullmatch(line)):
            found[-1].maps.append(mapping)
        elif found and found[-1].rss < 0 and (sums := _ALL.fullmatch(line)):
            found[-1].rss, found[-1].pss, found[-1].uss = (int(sums[name]) for name in ("rss", "pss", "uss"))
        else:
            raise unrecognised("vmm", text, f"{line!r} is no line of it")
    if len(found) != int(end["count"]) or not all(_adds_up(each) for each in found):
        raise unrecognised("vmm", text, "a process is missing, or its parts do not add up")
    return found


def _ram_size(text: str, cmd: str) -> int | None:
    """Return the guest's memory by QEMU's command line, KiB; None: it is no QEMU's.

    Raises:
        HvlabError: It has the option, but not in a form that is known.
    """
    match = _RAM.search(cmd)
    if match is None and (option := _RAM_OPTION.search(cmd)):
        raise unrecognised("vmm", text, f"{option[0].strip()!r} is no memory of a guest")
    return int(match["size"]) * _KIB[match["unit"].lower()] if match else None


def _adds_up(process: _Process) -> bool:
    """Return whether a process's mappings are within its sums, and each part within its whole."""
    rows: Sequence[tuple[int, int, int]] = [(int(m["size"]), int(m["rss"]), int(m["pss"])) for m in process.maps]
    consistent = process.rss >= 0 and all(size >= rss >= pss for size, rss, pss in rows)
    within = sum(rss for _, rss, _ in rows) <= process.rss and sum(pss for *_, pss in rows) <= process.pss
    # Each mapping's PSS is rounded down, its USS is not.
    return consistent and within and process.pss <= process.rss and process.uss <= process.rss


METER = Meter(
    name="vmm", title="Memory of the hypervisor's processes by mapping", quantity="memory", command=command, parse=parse
)
