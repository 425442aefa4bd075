"""Tells the lab's state, and logs in."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from lab.errors import HvlabError
from lab.hosts.nested import running_provider
from lab.providers import get_provider
from lab.providers.base import Provider
from lab.ssh import Ssh
from lab.vagrant import VagrantLab


def _running(state: Path) -> Provider:
    name = running_provider(state)
    if name is None:
        raise HvlabError("the lab is down", "./invoke lab.up --provider=kvm")
    return get_provider(name)


def print_status(state: Path) -> None:
    """Print the lab host's state and each guest's, as Vagrant sees it.

    Raises:
        HvlabError: If Vagrant fails.
    """
    if running_provider(state) is None:
        print("lab host: off")
        return
    provider = _running(state)
    host = Ssh(state / "ssh_config", "labhost")
    print(f"lab host: on, {provider.title}, {'answers' if host.answers() else 'does not answer'} over SSH")
    with host.shared_connection(state / "ssh.sock"):
        states = VagrantLab(provider, state).states()
    table = Table("guest", "state")
    for guest, found in states.items():
        table.add_row(guest, found)
    Console().print(table)


def login(state: Path, name: str, command: str) -> int:
    """Give the terminal to a session on a guest or the lab host; return its exit status.

    Raises:
        HvlabError: If the lab is down, or there is no such guest.
    """
    _running(state)
    config = state / "ssh_config"
    known = [line.split()[1] for line in config.read_text().splitlines() if line.startswith("Host ")]
    if name not in known:
        raise HvlabError(f"no guest {name!r}", f"choose one of: {', '.join(known)}")
    return Ssh(config, name).interactive([command] if command else [])
