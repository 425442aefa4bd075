"""Tells the lab's state, and logs in."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from core.console import say
from core.errors import HvlabError
from hypervisors.base import Hypervisor
from hypervisors.registry import get_hypervisor
from lab.connectors.base import Machine
from lab.connectors.ssh_config import Ssh
from lab.guests.console import attach as attach_to
from lab.guests.console import guest_console, last_lines
from lab.hosts.active import ActiveHost
from lab.hosts.machines import LABHOST


def _guests(state: Path) -> list[str]:
    """Return the guests of a lab that is up.

    Raises:
        HvlabError: It is only about to come up.
    """
    try:
        lines = (state / "ssh_config").read_text().splitlines()
    except FileNotFoundError as error:
        raise HvlabError(
            "the lab is being set up: nothing is known of its guests yet", "./invoke lab.status"
        ) from error
    return [name for line in lines if line.startswith("Host ") and (name := line.split()[1]) != LABHOST]


def _running(state: Path) -> Hypervisor:
    name = ActiveHost(state).provider
    if name is None:
        raise HvlabError("the lab is down", "./invoke lab.up --provider=NAME", code="lab-is-down")
    return get_hypervisor(name)


def _running_guests(host: Machine, provider: Hypervisor) -> set[str]:
    """Ask the hypervisor itself: Vagrant takes many times as long to say the same."""
    told = host.check(provider.running_command, timeout=60, what="asking for the running guests")
    return set(told.split())


def print_status(state: Path) -> None:
    """Print the lab host's state and each guest's, as its hypervisor tells it.

    Raises:
        HvlabError: If the hypervisor does not answer.
    """
    active = ActiveHost(state)
    if active.provider is None:
        print("lab host: off")
        return
    provider = _running(state)
    host, where = active.machine, active.address
    over = "" if where == "local" else " over SSH"
    called = "lab host" if where == "nested" else f"lab host {where}"
    if not (state / "ssh_config").is_file():
        print(f"{called}: being set up for {provider.title}")
        return
    if not host.answers():
        print(f"{called}: on, {provider.title}, does not answer{over}")
        return
    print(f"{called}: on, {provider.title}, answers{over}")
    running = _running_guests(host, provider)
    table = Table("guest", "state")
    for guest in _guests(state):
        table.add_row(guest, "running" if guest in running else "off")
    Console().print(table)


def host_of(state: Path, guest: str) -> tuple[Machine, Hypervisor]:
    """Return the lab host and the provider of a guest that runs.

    Raises:
        HvlabError: If the lab is down, or there is no such guest, or it is off.
    """
    provider, host, known = _running(state), ActiveHost(state).machine, _guests(state)
    if guest not in known:
        raise HvlabError(f"no guest {guest!r}", f"choose one of: {', '.join(known)}", code="no-such-guest")
    if guest not in _running_guests(host, provider):
        raise HvlabError(f"{guest} is off", "./invoke lab.status shows which ones run", code="guest-is-off")
    return host, provider


def show_console(state: Path, name: str, lines: int, *, attach: bool = False) -> int:
    """Print the last lines of a machine's console, or give the terminal to it; return the exit status.

    The lab host's is there also when it is off: what it said last.

    Raises:
        HvlabError: There is no such machine, it is off, or its console cannot be had.
    """
    if lines < 1:
        raise HvlabError(f"--lines={lines} shows nothing", "1 or more", code="bad-option")
    if name == LABHOST:
        if attach:
            raise HvlabError("the lab host's console accepts no input: it is a file", "./invoke lab.ssh labhost")
        text = ActiveHost(state).console()
    else:
        host, provider = host_of(state, name)
        if attach:
            return attach_to(host, provider, name, Ssh(state / "ssh_config", name))
        text = guest_console(host, provider, name)
    said = last_lines(text, lines)
    if not said:
        say(f"{name} has printed nothing on its console, so no kernel errors (lab.screenshot shows its screen)")
    for line in said:
        print(line)
    return 0


def login(state: Path, name: str, command: str) -> int:
    """Attach the terminal to a session on a guest or the lab host; return its exit status.

    Raises:
        HvlabError: If the lab is down, or there is no such guest.
    """
    _running(state)
    known = [LABHOST, *_guests(state)]
    if name not in known:
        raise HvlabError(f"no guest {name!r}", f"choose one of: {', '.join(known)}", code="no-such-guest")
    machine = ActiveHost(state).machine if name == LABHOST else Ssh(state / "ssh_config", name)
    return machine.interactive([command] if command else [])
