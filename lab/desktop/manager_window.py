"""A hypervisor's manager in the lab host's X session."""

import shlex

from core.errors import HvlabError
from hypervisors.base import Manager
from lab.connectors.base import Machine, last_line
from lab.desktop.windows import Window, read_look, require_alive
from lab.desktop.xsession import TOOL, environment
from lab.guests.screenshot import as_png

_LOG = "/var/log/manager.log"
_ANSWER_S = 180
_HINT = "see /var/log/manager.log on the lab host; study.manager = false skips the manager"


def _tool(*words: str) -> str:
    return f"env {environment()} python3 {TOOL} {shlex.join(words)}"


def look_command(manager: Manager) -> str:
    """Return the shell line that prints the windows on the screen, and whether the manager answers."""
    return _tool("look", manager.title)


def picture_command(manager: Manager) -> str:
    """Return the shell line that writes a picture of the manager's window (PPM) to its output."""
    return _tool("picture", manager.title)


def open_manager(ssh: Machine, manager: Manager, seconds: float) -> Window:
    """Open a manager and return its window, once it is on the screen and answers a ping.

    Args:
        ssh: The lab host.
        manager: The manager.
        seconds: Timeout; a start under emulation takes a minute.

    Raises:
        HvlabError: There is no such window in that time; the message ends with the manager's last line of output.
    """
    line = _tool("open", manager.title, str(seconds), _LOG, *manager.command)
    program = f"{manager.prepare}\n{line}\n" if manager.prepare else f"{line}\n"
    try:
        output = ssh.check("sh -s", stdin=program.encode(), timeout=seconds + _ANSWER_S, what=f"opening {manager.name}")
    except HvlabError as error:
        raise HvlabError(error.message, error.hint or _HINT, code=error.code) from error
    return require_alive(read_look(output.splitlines()[-1] if output else ""), manager.title)


def last_words(ssh: Machine) -> str:
    """Return why a manager may have ended: its last line of output, and the kernel's last line about a crash."""
    line = f"tail -n 1 {_LOG}; dmesg | grep -E 'segfault|traps:|Out of memory|Killed process' | tail -n 1"
    try:
        lines = ssh.run(line, timeout=_ANSWER_S).text.split("\n")
    except HvlabError as error:
        return error.message
    return "; ".join(each.strip()[:200] for each in lines if each.strip()) or "none"


def picture(ssh: Machine, manager: Manager) -> bytes:
    """Return a picture of the manager's window with its frame, PNG; no other window covers it.

    Raises:
        HvlabError: There is none, another window covers it, or it is blank.
    """
    done = ssh.run(picture_command(manager), timeout=_ANSWER_S)
    if done.status:
        why = last_line(done.stderr) or f"exit {done.status}"
        raise HvlabError(f"there is no picture of {manager.name}'s window: {why}", _HINT, code="no-picture")
    return as_png(done.stdout, f"{manager.name}'s window")
