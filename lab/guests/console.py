"""Consoles: a guest's, as its hypervisor keeps it, and the nested lab host's."""

import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.console import say
from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.connectors.base import Machine, last_line

_MOST = 64 * 1024
_ASK_S = 60
# Run in a guest: starts a login on the first of $lines that exists and prints its name; nothing if a login runs there.
_BEGIN = """\
PATH=$PATH:/sbin:/usr/sbin
for line in $lines; do
    [ -c "/dev/$line" ] || continue
    [ ! "$(ps -t "$line" -o pid=)" ] || exit 0
    getty=$(command -v agetty || command -v getty) || { echo "no getty" >&2; exit 1; }
    setsid "$getty" -L "$line" 115200 vt102 </dev/null >/dev/null 2>&1 &
    echo "$line"
    exit 0
done
echo "none of $lines exists" >&2
exit 1
"""
_END = 'ps -t "$line" -o pid= | xargs -r kill -HUP\n'


def last_lines(text: str, count: int) -> list[str]:
    """Return the last lines of a console that are not empty, without control characters."""
    lines = [
        "".join(char for char in line if char.isprintable() or char == "\t").rstrip() for line in text.splitlines()
    ]
    return [line for line in lines if line][-count:]


def host_console(state: Path) -> str:
    """Return the console output of the nested lab host since its last boot.

    Raises:
        HvlabError: There was none.
    """
    path = state / "console.log"
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError as error:
        raise HvlabError(
            f"{path} does not exist: no lab host was booted", "./invoke lab.up --provider=NAME", code="no-lab-host"
        ) from error


def guest_console(host: Machine, provider: Hypervisor, guest: str) -> str:
    """Return a guest's console output since it was started: the last 64 KiB.

    Raises:
        HvlabError: The hypervisor has none, or the lab host does not answer.
    """
    program = f"guest={shlex.quote(guest)}\n{{ {provider.console_command}; }} | tail -c {_MOST}\n"
    done = host.run("sh -s", stdin=program.encode(), timeout=_ASK_S)
    if not done.text and (why := last_line(done.stderr)):
        raise HvlabError(
            f"{provider.title} has no output of {guest}'s console: {why}",
            "has it ever been started?",
            code="no-console",
        )
    return done.text


def attach(host: Machine, provider: Hypervisor, guest: str, reached: Machine) -> int:
    """Attach the terminal to a guest's console until the user leaves it (Ctrl-]); return the exit status.

    Args:
        host: The lab host.
        provider: The hypervisor.
        guest: The guest's name.
        reached: The guest over SSH. It offers a login on its console only meanwhile, since a waiting getty uses memory.

    Raises:
        HvlabError: The hypervisor's guests have no console that accepts input.
    """
    if not provider.attach_command:
        raise HvlabError(
            f"{provider.title}'s guests have no console that accepts input",
            f"./invoke lab.ssh {guest} logs in",
            code="no-console-input",
        )
    line = f"guest={shlex.quote(guest)}; {provider.attach_command}"
    with _login(provider, guest, reached):
        return subprocess.run(host.command(line, "-t"), check=False).returncode


@contextmanager
def _login(provider: Hypervisor, guest: str, reached: Machine) -> Iterator[None]:
    """Offer a login on a guest's console within the block; a user who is logged in at its end is logged out."""
    head = f"lines={shlex.quote(' '.join(provider.lines))}\n"
    try:
        begun = reached.check(
            "sudo -n sh -s", stdin=(head + _BEGIN).encode(), timeout=_ASK_S, what="starting a login on the console"
        ).strip()
        say(f"{guest}'s console: Enter shows its login prompt, Ctrl-] leaves it")
    except HvlabError as error:
        begun = ""
        say(f"{guest}'s console offers no login, it is read-only ({error.message}); Ctrl-] leaves it")
    try:
        yield
    finally:
        if begun:
            try:
                reached.run("sudo -n sh -s", stdin=(f"line={shlex.quote(begun)}\n" + _END).encode(), timeout=_ASK_S)
            except HvlabError as error:
                say(f"a login may still wait on {guest}'s console, and use memory there ({error.message})")
