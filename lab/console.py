"""What machines say on their consoles: a guest's, as its hypervisor keeps it, and the lab host's."""

import shlex
import subprocess
from pathlib import Path

from lab.errors import HvlabError
from lab.machine import Machine, last_line
from lab.providers.base import Provider

_MOST = 64 * 1024
_ASK_S = 60


def last_lines(text: str, count: int) -> list[str]:
    """Return the last lines of a console that are not empty, without what a terminal would obey."""
    lines = [
        "".join(char for char in line if char.isprintable() or char == "\t").rstrip() for line in text.splitlines()
    ]
    return [line for line in lines if line][-count:]


def host_console(state: Path) -> str:
    """Return what the nested lab host said since its last boot.

    Raises:
        HvlabError: There was none.
    """
    path = state / "console.log"
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError as error:
        raise HvlabError(f"{path} is not there: no lab host was booted", "./invoke lab.up --provider=kvm") from error


def guest_console(host: Machine, provider: Provider, guest: str) -> str:
    """Return what a guest said on its console since it was started: the last 64 KiB.

    Raises:
        HvlabError: The hypervisor has kept none, or the lab host does not answer.
    """
    program = f"guest={shlex.quote(guest)}\n{{ {provider.console_command}; }} | tail -c {_MOST}\n"
    done = host.run("sh -s", stdin=program.encode(), timeout=_ASK_S)
    if not done.text and (why := last_line(done.stderr)):
        raise HvlabError(f"{provider.title} has kept nothing of {guest}'s console: {why}", "has it ever been started?")
    return done.text


def attach(host: Machine, provider: Provider, guest: str) -> int:
    """Give the terminal to a guest's console until its user leaves it (Ctrl-]); return the exit status.

    Raises:
        HvlabError: The provider's guests have none that can be typed at.
    """
    if not provider.attach_command:
        raise HvlabError(
            f"{provider.title}'s guests have no console that can be typed at", f"./invoke lab.ssh {guest} logs in"
        )
    line = f"guest={shlex.quote(guest)}; {provider.attach_command}"
    return subprocess.run(host.command(line, "-t"), check=False).returncode
