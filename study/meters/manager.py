"""Meter `manager`: memory of the manager's own processes and of the lab host's X session, as meter `pss` reads it.

- manager: the hypervisor's manager with the programs that it starts
- session: X's server, the window manager, the terminal: `session_pss`, ...

Memory that a manager causes others to use (the hypervisor's services, the kernel) is not included; the difference of
`free` before and after it was opened includes it. The message bus and the terminal's shell are left out: other
processes have the same names.
"""

from core.errors import HvlabError
from study.meters.base import Context, Meter, Number
from study.meters.pss import render_pss_script, sums
from study.meters.samples import asked, pauses

_SESSION = ("Xvfb", "blackbox", "xterm")
_PREFIXES = {"manager": "", "session": "session_"}


def command(context: Context) -> str:
    """Make the program that prints each process of the manager and of the X session with its smaps_rollup.

    Raises:
        HvlabError: The context names no processes of a manager.
    """
    if not context.manager_processes:
        raise HvlabError(f"meter manager: no manager known for provider {context.provider!r}")
    return render_pss_script({"manager": context.manager_processes, "session": _SESSION}, context.memory_count)


def parse(text: str) -> list[Number]:
    """Sum over each group's processes, KiB, and count them; the names are those of meter `pss`.

    Raises:
        HvlabError: A line is not of the program above, or its last line is missing.
    """
    return sums("manager", text, _PREFIXES)


METER = Meter(
    name="manager",
    title="PSS of the manager",
    quantity="memory",
    command=command,
    parse=parse,
    asked=asked,
    lasts=pauses,
)
