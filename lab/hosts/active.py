"""The lab host of a state folder, of whichever kind, as it is on record: for commands after the one that made it."""

from pathlib import Path

from core.errors import HvlabError
from lab.connectors.address import parse_host
from lab.connectors.base import Machine
from lab.connectors.ssh_config import Ssh
from lab.guests.console import host_console
from lab.hosts import nested, unmanaged
from lab.hosts.machines import LABHOST, ThisMachine


def running_provider(state: Path) -> str | None:
    """Return the provider that the lab host of a state folder runs, None if it is off."""
    record = unmanaged.recorded(state)
    return record.provider if record else nested.running_provider(state)


def stop(state: Path) -> None:
    """End the lab of a state folder.

    Raises:
        HvlabError: Something of it does not end.
    """
    unmanaged.stop(state)
    nested.stop(state)


def address_of(state: Path) -> str:
    """Return how the lab host of a state folder is named: `nested` if none runs."""
    record = unmanaged.recorded(state)
    return record.address if record else "nested"


def machine_of(state: Path) -> Machine:
    """Return what runs lines on the lab host of a state folder."""
    local = parse_host(address_of(state)).kind == "local"
    return ThisMachine() if local else Ssh(state / "ssh_config", LABHOST)


def console_of(state: Path) -> str:
    """Return what the lab host's kernel said: on the nested one's console, also when it is off; in another one's log.

    Raises:
        HvlabError: It cannot be had.
    """
    if address_of(state) == "nested":
        return host_console(state)
    return machine_of(state).check("dmesg | tail -n 1000", timeout=60, what="reading the kernel's log")


def require_asked_for(state: Path, text: str) -> None:
    """Make sure that the lab host that is up is the one that a person named; an empty name fits all.

    Raises:
        HvlabError: It is another one, or the name is none of a lab host.
    """
    if text and parse_host(text).text != address_of(state) and running_provider(state):
        raise HvlabError(f"the lab in {state} is up on {address_of(state)}, not on {text}", "leave --host out")
