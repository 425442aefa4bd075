"""Commands lab.*: a lab host with its guests under one hypervisor."""

from invoke.context import Context
from invoke.exceptions import Exit

from commands.task import HOST, PROVIDER, command, settings, the_lab
from core.errors import HvlabError
from core.paths import state_root
from lab import packages


@command(
    packages.lab_packages,
    help={"provider": PROVIDER, "guests": "bring up only the first N guests", "host": HOST},
)
def lab_up(c: Context, provider: str, guests: int = 0, host: str = "") -> None:
    """Boot the lab host and bring the guests up under --provider."""
    from dataset.guests import guest_name
    from hypervisors.registry import get_hypervisor
    from lab.factors import require_possible
    from lab.lifecycle import require_off
    from lab.state.lock import acquire_lab

    wanted, parameters = get_hypervisor(provider), settings(host)
    count = guests or parameters.topology.guests
    if not 1 <= count <= parameters.topology.guests:
        raise HvlabError(
            f"--guests={count} is not in the topology", f"1 to {parameters.topology.guests}", code="bad-option"
        )
    require_possible(parameters, [wanted.name])
    with acquire_lab(state_root()):
        require_off(state_root())
        # After the check for a running lab: there may be no room for a second one, but that is not the error to report.
        lab = the_lab(host=host)
        try:
            lab.boot(wanted.name)
            for number in range(1, count + 1):
                lab.up(wanted, guest_name(number))
        except BaseException:
            lab.down()
            raise


@command(packages.lab_packages, help={"host": HOST})
def lab_status(c: Context, host: str = "") -> None:
    """Print the state of the lab host and the guests."""
    from lab.hosts.active import ActiveHost
    from lab.status import print_status

    ActiveHost(state_root()).require_named(host)
    print_status(state_root())


@command(
    positional=["guest"],
    help={"guest": "server1, server2, ..., or labhost", "command": "run this command and return", "host": HOST},
)
def lab_ssh(c: Context, guest: str, command: str = "", host: str = "") -> None:
    """Log in to a guest, or run one command (-c) there."""
    from lab.hosts.active import ActiveHost
    from lab.status import login

    ActiveHost(state_root()).require_named(host)
    status = login(state_root(), guest, command)
    if status:
        raise Exit(code=status)


@command(
    positional=["guest"],
    help={"guest": "server1, server2, ...", "output": "file to write; default: GUEST.png", "host": HOST},
)
def lab_screenshot(c: Context, guest: str, output: str = "", host: str = "") -> None:
    """Write a screenshot of a guest (PNG)."""
    from core.files import write_atomic
    from core.paths import called_from
    from lab.guests.screenshot import take_picture
    from lab.hosts.active import ActiveHost
    from lab.status import host_of

    ActiveHost(state_root()).require_named(host)
    picture = take_picture(*host_of(state_root(), guest), guest)
    path = called_from() / (output or f"{guest}.png")
    try:
        write_atomic(path, picture)
    except OSError as error:
        raise HvlabError(f"{path}: {error.strerror}", "--output=FILE.png names another") from error
    print(path)


@command(
    positional=["machine"],
    help={
        "machine": "server1, server2, ..., or labhost",
        "lines": "number of lines from the end",
        "attach": "attach the terminal to a guest's console; Ctrl-] leaves it",
        "host": HOST,
    },
)
def lab_console(c: Context, machine: str, lines: int = 40, attach: bool = False, host: str = "") -> None:
    """Print the console output of a guest or the lab host."""
    from lab.hosts.active import ActiveHost
    from lab.status import show_console

    ActiveHost(state_root()).require_named(host)
    status = show_console(state_root(), machine, lines, attach=attach)
    if status:
        raise Exit(code=status)


@command(help={"host": HOST})
def lab_down(c: Context, host: str = "") -> None:
    """Shut the lab down and undo what was set up."""
    from lab.hosts.active import ActiveHost
    from lab.lifecycle import take_down
    from lab.state.lock import acquire_lab

    with acquire_lab(state_root()):
        ActiveHost(state_root()).require_named(host)
        take_down(state_root())


@command(help={"host": HOST})
def lab_purge(c: Context, host: str = "") -> None:
    """Remove all that belongs to the lab, also after a crash."""
    from contextlib import suppress

    from core.files import DamagedError
    from lab.connectors.address import parse_host
    from lab.hosts.active import ActiveHost
    from lab.purge import purge

    # A damaged record does not stop a purge.
    with suppress(DamagedError):
        ActiveHost(state_root()).require_named(host)
    named = settings(host).lab_host if host else None
    purge(state_root(), print, parse_host(host) if host else None, named.ssh_config if named else "")
