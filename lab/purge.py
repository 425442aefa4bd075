"""lab.purge: asks the hypervisors, the kernel and the folders what is the lab's, and removes that and nothing else.

The journal (lab.steps) is undone first, where there is one; then it is not believed.
"""

import contextlib
import shlex
from collections.abc import Callable
from pathlib import Path

from core.errors import HvlabError
from core.files import DamagedError
from core.paths import PROJECT
from hypervisors.registry import all_hypervisors
from lab.connectors.address import Address
from lab.connectors.ssh_config import Ssh
from lab.guests.topology import NETWORK, guests
from lab.guests.vagrant import home
from lab.hosts import unmanaged
from lab.hosts.active import address_of
from lab.hosts.kept import undoing
from lab.hosts.machines import machine_of
from lab.hosts.nested import running_provider
from lab.rollback import remove, undo_all
from lab.state.lock import LOCK, TEMPORARY, acquire_lab, killed_owner
from lab.state.processes import end_processes, lab_name, processes_of
from lab.state.rollback_journal import JOURNAL
from lab.state.state_dir import is_labs

_PROGRAM = PROJECT / "lab" / "purge.sh"
# libvirt's storage pool: vagrant/prepare/kvm.sh.
_POOL = "hvlab"
# As vagrant-libvirt calls the volumes that it makes of the project's boxes.
BOX_NAMES = "hvlab-VAGRANTSLASH-"
# A guest's number is the last byte of its network card's address.
_MOST_GUESTS = 255
# What a lab host under emulation took to answer all of it: a minute with four guests, three beside another lab host.
_PATIENCE_S = 400
# What tells what happened; not needed by a lab, and nobody's memory.
KEPT = (".log", ".txt", ".png")


def program(state: Path) -> str:
    """Return the shell program that removes what is the lab's on its lab host."""
    known = guests(_MOST_GUESTS)
    words = {
        "NETWORK": str(NETWORK["name"]),
        "BRIDGE": str(NETWORK["bridge"]),
        "POOL": _POOL,
        "BOXES": str(home(state) / "boxes"),
        "MACS": " ".join(guest.mac.replace(":", "") for guest in known),
        "NAMES": " ".join(guest.name for guest in known),
        "BOX_NAMES": BOX_NAMES,
        "FOLDERS": " ".join(provider.folder for provider in all_hypervisors().values()),
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items()) + _PROGRAM.read_text()


def _on_lab_host(state: Path, tell: Callable[[str], None]) -> None:
    """Ask the nested lab host's hypervisors, if it answers. What is in a dead machine is gone with it."""
    try:
        if running_provider(state) is None:
            return
    except DamagedError:
        # Its process carries the lab's name, and ends by that.
        return
    host = Ssh(state / "ssh_config", "labhost")
    try:
        told = host.check("sh -s", stdin=program(state).encode(), timeout=_PATIENCE_S, what="asking the hypervisors")
    except HvlabError as error:
        tell(f"the lab host's hypervisors do not answer and go with it ({error.message})")
        return
    for line in told.splitlines():
        tell(f"on the lab host: {line}")


def _goes_on(state: Path, address: Address | None) -> bool:
    """Tell whether the lab is on a host that is not ours, which goes on without it."""
    try:
        return address_of(state) != "nested" or (address is not None and address.kind != "nested")
    except DamagedError:
        return True


def _on_real_host(state: Path, address: Address | None, config: str, tell: Callable[[str], None]) -> None:
    """Take the lab down on a host that is not ours, whether the journal knows of it or not.

    Args:
        address: How it was named; None if it was not.

    Raises:
        HvlabError: It does not answer, something on it does not go, or it is not known which it is.
    """
    named = address if address and address.kind != "nested" else None
    try:
        record = unmanaged.recorded(state)
    except DamagedError as error:
        if named is None:
            raise HvlabError(error.message, "name its lab host: ./invoke lab.purge --host=...") from error
        record = None
    if record:
        unmanaged.stop(state)
        tell(f"what the lab made on {record.address} ({record.provider})")
    elif named:
        _on_named_host(state, named, config, tell)


def _on_named_host(state: Path, address: Address, config: str, tell: Callable[[str], None]) -> None:
    """Ask a host of which nothing is on record here: it is this lab's if it says so.

    The hypervisors are asked first. What they do not know of is undone by what the lab has written down there.

    Raises:
        HvlabError: It is another lab's, does not answer, or something does not go.
    """
    machine = machine_of(address, config)
    unmanaged.require_ours(machine, state, address.text)
    unmanaged.take_down(machine, state)
    for what, text in (("asking the hypervisors", program(state)), ("setting the lab host back", undoing())):
        for line in machine.check("sh -s", stdin=text.encode(), timeout=_PATIENCE_S, what=what).splitlines():
            tell(f"on {address.text}: {line.removeprefix('removed ')}")
    unmanaged.release(machine, state)


def _files(state: Path, tell: Callable[[str], None]) -> None:
    """Remove what is left in the state folder: sockets, notes, keys, parts; logs, pictures, others' files stay."""
    for path in sorted(state.iterdir()) if state.is_dir() else []:
        if (
            not is_labs(path.name)
            or path.name in (LOCK, TEMPORARY, JOURNAL, *unmanaged.FILES)
            or path.suffix in KEPT
            or (path.is_dir() and _only_kept(path))
        ):
            continue
        if remove(path):
            tell(f"file {path}")


def _only_kept(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    return bool(files) and all(path.suffix in KEPT for path in files)


def _failure(action: Callable[[], None]) -> HvlabError | None:
    """Do something; return the error that it ended with, None if it ended well."""
    try:
        action()
    except HvlabError as error:
        return error
    return None


def purge(state: Path, tell: Callable[[str], None], host: Address | None = None, config: str = "") -> None:
    """Remove everything that carries the name of the lab of a state folder.

    Args:
        state: The lab's folder.
        tell: Given each thing that was removed, in words; called once with "nothing ..." if there was none.
        host: A lab host that is not ours, to be asked although nothing is on record here.
        config: The user's ssh configuration for it; "": the usual one.

    Raises:
        LabLockedError: A living command has the lab.
        HvlabError: Something could not be removed.
    """
    removed: list[str] = []

    def count(line: str) -> None:
        removed.append(line)
        tell(f"removed: {line}")

    owner = killed_owner(state)
    with acquire_lab(state):
        if owner:
            count(f"lock of {owner}, which no longer runs")
        _on_lab_host(state, count)
        if _goes_on(state, host):
            # Who still works at it, Vagrant above all, would make again what is removed.
            end_processes(state, count)
        kept = _failure(lambda: _on_real_host(state, host, config, count))
        # Would only ask that host once more.
        failed = kept or _failure(lambda: undo_all(state, count))
        end_processes(state, count)
        _files(state, count)
        if kept:
            # Only its host can forget a lab.
            raise kept
        if remove(state / JOURNAL) and failed:
            count(f"journal {state / JOURNAL}")
        if left := processes_of(state):
            raise HvlabError(f"still there: {left[0]}", "./invoke lab.purge once more")
    # It may hold logs, or the lock of who has the lab by now.
    with contextlib.suppress(OSError):
        state.rmdir()
    if not removed:
        tell(f"nothing to remove: no process and no file carries the name {lab_name(state)}")
