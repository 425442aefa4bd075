"""Prints the lab's state and its consoles, and logs in."""

from rich.table import Table

from core.console import cells, result, say, show
from core.errors import HvlabError
from hypervisors.base import Hypervisor
from lab.active_lab import ActiveLab
from lab.connectors.base import Machine
from lab.guests.console import attach as attach_to
from lab.guests.console import guest_console, last_lines
from lab.hosts.machines import LABHOST


def _running_guests(host: Machine, provider: Hypervisor) -> set[str]:
    """Ask the hypervisor itself: Vagrant takes many times as long for the same answer."""
    output = host.check(provider.running_command, timeout=60, what="asking for the running guests")
    return {name for line in output.splitlines() if (name := line.strip())}


def print_status(lab: ActiveLab) -> None:
    """Print the lab host's state and each guest's, as its hypervisor reports it.

    Raises:
        HvlabError: If the hypervisor does not answer.
    """
    if lab.host.provider is None:
        result("lab host: off")
        return
    provider = lab.running()
    host, where = lab.host.machine, lab.host.address
    over = "" if where == "local" else " over SSH"
    called = "lab host" if where == "nested" else f"lab host {where}"
    if not (lab.state / "ssh_config").is_file():
        result(f"{called}: being set up for {provider.title}")
        return
    if not host.answers():
        result(f"{called}: on, {provider.title}, does not answer{over}")
        return
    result(f"{called}: on, {provider.title}, answers{over}")
    running = _running_guests(host, provider)
    table = Table("guest", "state")
    for guest in lab.guests():
        table.add_row(*cells(guest, "running" if guest in running else "off"))
    show(table)


def host_of(lab: ActiveLab, guest: str) -> tuple[Machine, Hypervisor]:
    """Return the lab host and the provider of a guest that runs.

    Raises:
        HvlabError: If the lab is down, or there is no such guest, or it is off.
    """
    provider, host, known = lab.running(), lab.host.machine, lab.guests()
    if guest not in known:
        raise HvlabError(f"no guest {guest!r}", f"choose one of: {', '.join(known)}", code="no-such-guest")
    if guest not in _running_guests(host, provider):
        raise HvlabError(f"{guest} is off", "./invoke lab.status shows which ones run", code="guest-is-off")
    return host, provider


def show_console(lab: ActiveLab, name: str, lines: int, *, attach: bool = False) -> int:
    """Print the last lines of a machine's console, or give the terminal to it; return the exit status.

    The lab host's can be read also when it is off.

    Raises:
        HvlabError: There is no such machine, it is off, or its console cannot be had.
    """
    if lines < 1:
        raise HvlabError(f"--lines={lines} shows nothing", "1 or more", code="bad-option")
    if name == LABHOST:
        if attach:
            raise HvlabError("the lab host's console accepts no input: it is a file", "./invoke lab.ssh labhost")
        text = lab.host.console()
    else:
        host, provider = host_of(lab, name)
        if attach:
            return attach_to(host, provider, name, lab.reach(name))
        text = guest_console(host, provider, name)
    last = last_lines(text, lines)
    if not last:
        say(f"{name} has printed nothing on its console, so no kernel errors (lab.screenshot shows its screen)")
    for line in last:
        result(line)
    return 0


def login(lab: ActiveLab, name: str, command: str) -> int:
    """Attach the terminal to a session on a guest or the lab host; return its exit status.

    Raises:
        HvlabError: If the lab is down, or there is no such guest.
    """
    lab.running()
    known = [LABHOST, *lab.guests()]
    if name not in known:
        raise HvlabError(f"no guest {name!r}", f"choose one of: {', '.join(known)}", code="no-such-guest")
    return lab.reach(name).interactive([command] if command else [])
