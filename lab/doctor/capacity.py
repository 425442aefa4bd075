"""Room: disk, memory, the lab host's port."""

import re
import shlex
from pathlib import Path

from core.diagnosis import Finding, verdicts
from hypervisors.registry import all_hypervisors, get_hypervisor
from lab.doctor.check import NESTED, Check, Wanted
from lab.factors.host import whole_disks_gib
from lab.hosts.preflight import EMULATOR_MIB, IMAGES_GIB, RUN_GIB, free_line, free_on
from lab.state.processes import lab_name

_LISTENS = "0A"


def _folders(wanted: Wanted) -> dict[str, float]:
    """Return folder to GiB that must be free there."""
    if wanted.nested:
        return {wanted.cache: IMAGES_GIB, wanted.state: RUN_GIB}
    names = [wanted.provider] if wanted.provider else sorted(all_hypervisors())
    whole = wanted.settings.factors.disk_strategy == "preallocated"
    return {get_hypervisor(name).folder: whole_disks_gib(wanted.settings) if whole else RUN_GIB for name in names}


def _disk_line(wanted: Wanted) -> str:
    return "".join(map(free_line, _folders(wanted)))


def _disk(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts("disk")
    needs = _folders(wanted)
    lines = free_on(text)
    if len(lines) != len(needs):
        return warn("the output of df is not recognised", "check by hand: df -h")
    # Folders on one file system share its room; the guests of one provider are gone before the next one's are made.
    together = sum if wanted.nested else max
    of_device: dict[str, list[float]] = {}
    free = dict(lines)
    for (device, _), gib in zip(lines, needs.values(), strict=True):
        of_device.setdefault(device, []).append(gib)
    asked = {device: together(needed) for device, needed in of_device.items()}
    seen = ", ".join(f"{free[device]:.1f} GiB free on {device} ({asked[device]:.0f} needed)" for device in asked)
    if all(free[device] >= asked[device] for device in asked):
        return ok(seen)
    todo = "free some, or set HVLAB_CACHE or HVLAB_STATE to a folder on a larger disk" if wanted.nested else "free some"
    # Images that are built already need no more room; the commands refuse only what each folder needs alone.
    alone = all(free[device] >= gib for (device, _), gib in zip(lines, needs.values(), strict=True))
    return (warn if alone else fail)(seen, todo)


# $p: the process that the lab has on record, if {words} are in its command line: if it is that still. Among all
# processes the shell that runs this line would be found, too.
_OWN = """\
p=$(sed -n 's/.*"pid": *\\([0-9]*\\).*/\\1/p' {record} 2>/dev/null)
[ -n "$p" ] && grep -q -a -s -F -e {words} "/proc/$p/cmdline" || p=
"""


def _own(wanted: Wanted, words: str) -> str:
    return _OWN.format(record=shlex.quote(f"{wanted.state}/host.json"), words=shlex.quote(words))


# Marks a hypervisor's own output about the machine's memory, with the hypervisor's name.
_BELOW = "below"
_MEMORY_LINE = """\
grep -E '^(MemAvailable|MemFree|Buffers|Cached):' /proc/meminfo
{below}
exit 0
"""


def _memory_line(wanted: Wanted) -> str:
    below = (
        f"{{ {memory.command}; }} | sed 's/^/{_BELOW} {name} /'"
        for name, each in all_hypervisors().items()
        if (memory := each.machine_memory)
    )
    line = _MEMORY_LINE.replace("{below}", "\n".join(below))
    if not wanted.nested:
        return line
    own = _own(wanted, lab_name(Path(wanted.state)))
    return f'{own}[ -z "$p" ] || sed -n \'s/^VmRSS:/Own:/p\' "/proc/$p/status"\n{line}'


def _free_below(text: str) -> tuple[int, str] | None:
    """Return the free memory of the hypervisor below the kernel, MiB, and what it is called; None: there is none."""
    for name, each in all_hypervisors().items():
        lines = re.findall(rf"^{_BELOW} {name} (.*)$", text, re.MULTILINE)
        if each.machine_memory and lines:
            free = each.machine_memory.parse("".join(f"{line}\n" for line in lines))[1]
            return None if free is None else (free, f"free in {each.title}")
    return None


def _memory(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts("memory")
    fields = {name: int(kib) // 1024 for name, kib in re.findall(r"^(\w+):\s*(\d+) kB", text, re.MULTILINE)}
    if not fields:
        return warn("the content of /proc/meminfo is not recognised", "check by hand: free -m")
    # Kernels before 3.14 have no MemAvailable.
    available = fields.get(
        "MemAvailable", fields.get("MemFree", 0) + fields.get("Buffers", 0) + fields.get("Cached", 0)
    )
    who = "available"
    if own := fields.get("Own"):
        # The next lab can use what the running one uses.
        available, who = available + own, f"available, with {own} of this lab, which is up"
    if not wanted.nested and (free := _free_below(text)):
        available, who = free
    if wanted.nested:
        needed, todo = wanted.settings.lab_host.memory_mib + EMULATOR_MIB, "lower lab_host.memory_mib in hvlab.toml"
    else:
        topology = wanted.settings.topology
        needed, todo = topology.guests * topology.memory_mib, "lower topology.guests or topology.memory_mib"
    seen = f"{available} MiB {who} ({needed} needed)"
    return ok(seen) if available >= needed else fail(seen, f"end other programs, or {todo}")


_PORT_LINE = """\
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
[ -z "$p" ] || echo own
exit 0
"""


def _port_line(wanted: Wanted) -> str:
    forward = f"hostfwd=tcp:127.0.0.1:{wanted.settings.lab_host.ssh_port}-"
    return _own(wanted, forward) + _PORT_LINE


def _port(text: str, wanted: Wanted) -> Finding:
    ok, warn, fail = verdicts("port")
    port = wanted.settings.lab_host.ssh_port
    if not re.search(r"^\s*sl +local_address", text, re.MULTILINE):
        return warn("the content of /proc/net/tcp is not recognised", "check by hand: ss -ltn")
    rows = [line.split() for line in text.splitlines() if re.match(r"\s*\d+: ", line)]
    held = any(int(row[1].rpartition(":")[2], 16) == port and row[3] == _LISTENS for row in rows)
    if not held:
        return ok(f"127.0.0.1:{port} is free")
    if "own" in text.splitlines():
        return ok(f"127.0.0.1:{port} is this lab's, which is up")
    return fail(f"something listens on port {port}", "end it, or set HVLAB_LAB_HOST__SSH_PORT to a free port")


CHECKS = (
    Check("disk", _disk_line, _disk),
    Check("memory", _memory_line, _memory),
    Check("port", _port_line, _port, NESTED, controller=True),
)
