"""Commands lab.*: a lab host with its guests under one hypervisor."""

from invoke.context import Context
from invoke.exceptions import Exit

from commands.task import HOST, PROVIDER, command, settings, the_lab
from core.console import result
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
    from lab.active_lab import ActiveLab
    from lab.factors.host import require_possible
    from lab.images.origin import require_packaged

    wanted, parameters = get_hypervisor(provider), settings(host)
    count = guests or parameters.topology.guests
    if not 1 <= count <= parameters.topology.guests:
        raise HvlabError(
            f"--guests={count} is not in the topology", f"1 to {parameters.topology.guests}", code="bad-option"
        )
    require_packaged(parameters, [wanted.name])
    require_possible(parameters, [wanted.name])
    active = ActiveLab(state_root())
    with active.acquire():
        active.require_off()
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
    from lab.active_lab import ActiveLab
    from lab.status import print_status

    active = ActiveLab(state_root())
    active.host.require_named(host)
    print_status(active)


@command(
    positional=["guest"],
    help={"guest": "server1, server2, ..., or labhost", "command": "run this command and return", "host": HOST},
)
def lab_ssh(c: Context, guest: str, command: str = "", host: str = "") -> None:
    """Log in to a guest, or run one command (-c) there."""
    from lab.active_lab import ActiveLab
    from lab.status import login

    active = ActiveLab(state_root())
    active.host.require_named(host)
    status = login(active, guest, command)
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
    from lab.active_lab import ActiveLab
    from lab.guests.screenshot import take_picture
    from lab.status import host_of

    active = ActiveLab(state_root())
    active.host.require_named(host)
    picture = take_picture(*host_of(active, guest), guest)
    path = called_from() / (output or f"{guest}.png")
    try:
        write_atomic(path, picture)
    except OSError as error:
        raise HvlabError(f"{path}: {error.strerror}", "--output=FILE.png names another") from error
    result(path)


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
    from lab.active_lab import ActiveLab
    from lab.status import show_console

    active = ActiveLab(state_root())
    active.host.require_named(host)
    status = show_console(active, machine, lines, attach=attach)
    if status:
        raise Exit(code=status)


@command(help={"host": HOST})
def lab_down(c: Context, host: str = "") -> None:
    """Shut the lab down and undo what was set up."""
    from lab.active_lab import ActiveLab

    active = ActiveLab(state_root())
    with active.acquire():
        active.host.require_named(host)
        active.take_down()


@command(help={"host": HOST})
def lab_purge(c: Context, host: str = "") -> None:
    """Remove all that belongs to the lab, also after a crash."""
    from contextlib import suppress

    from core.files import DamagedError
    from lab.active_lab import ActiveLab
    from lab.connectors.address import parse_host
    from lab.purge import purge

    active = ActiveLab(state_root())
    # A damaged record does not stop a purge.
    with suppress(DamagedError):
        active.host.require_named(host)
    named = settings(host).lab_host if host else None
    purge(active, result, parse_host(host) if host else None, named.ssh_config if named else "")
