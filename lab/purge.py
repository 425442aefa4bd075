"""lab.purge: asks the hypervisors, the kernel and the folders what is the lab's, and removes that and nothing else.

The journal (lab.steps) is undone first, where there is one; then it is not believed.
"""

import contextlib
import shlex
from collections.abc import Callable
from pathlib import Path

from lab.errors import HvlabError
from lab.hosts import real
from lab.hosts.address import Address
from lab.hosts.machines import machine_of
from lab.hosts.nested import running_provider
from lab.identity import end_processes, lab_name, processes_of
from lab.owner import LOCK, TEMPORARY, exclusive, killed_owner
from lab.paths import PROJECT
from lab.providers import all_providers
from lab.ssh import Ssh
from lab.steps import JOURNAL
from lab.topology import NETWORK, guests
from lab.undo import remove, undo_all
from lab.vagrant import home

_PROGRAM = PROJECT / "lab" / "purge.sh"
# libvirt's storage pool: vagrant/prepare/kvm.sh.
_POOL = "hvlab"
# A guest's number is the last byte of its network card's address.
_MOST_GUESTS = 255
# What a lab host under emulation took to answer all of it, with four guests: less than a minute.
_PATIENCE_S = 180
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
        "FOLDERS": " ".join(provider.folder for provider in all_providers().values()),
    }
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in words.items()) + _PROGRAM.read_text()


def _on_lab_host(state: Path, tell: Callable[[str], None]) -> None:
    """Ask the nested lab host's hypervisors, if it answers. What is in a dead machine is gone with it."""
    if running_provider(state) is None:
        return
    host = Ssh(state / "ssh_config", "labhost")
    try:
        told = host.check("sh -s", stdin=program(state).encode(), timeout=_PATIENCE_S, what="asking the hypervisors")
    except HvlabError as error:
        tell(f"the lab host's hypervisors do not answer and go with it ({error.message})")
        return
    for line in told.splitlines():
        tell(f"on the lab host: {line}")


def _on_named_host(state: Path, address: Address, config: str, tell: Callable[[str], None]) -> None:
    """Ask a host that is not ours, of which nothing is on record here: it is this lab's if it says so.

    Raises:
        HvlabError: It is another lab's, or does not answer.
    """
    machine = machine_of(address, config)
    real.require_ours(machine, state, address.text)
    what = "asking the hypervisors"
    for line in machine.check("sh -s", stdin=program(state).encode(), timeout=_PATIENCE_S, what=what).splitlines():
        tell(f"on {address.text}: {line}")
    real.release(machine, state)


def _files(state: Path, tell: Callable[[str], None]) -> None:
    """Remove what is left in the state folder: sockets, notes, keys, parts; logs and pictures stay."""
    for path in sorted(state.iterdir()) if state.is_dir() else []:
        if (
            path.name in (LOCK, TEMPORARY, JOURNAL, *real.FILES)
            or path.suffix in KEPT
            or (path.is_dir() and _only_kept(path))
        ):
            continue
        if remove(path):
            tell(f"file {path}")


def _only_kept(folder: Path) -> bool:
    files = [path for path in folder.rglob("*") if not path.is_dir()]
    return bool(files) and all(path.suffix in KEPT for path in files)


def purge(state: Path, tell: Callable[[str], None], host: Address | None = None, config: str = "") -> None:
    """Remove everything that carries the name of the lab of a state folder.

    Args:
        state: The lab's folder.
        tell: Given each thing that was removed, in words; called once with "nothing ..." if there was none.
        host: A lab host that is not ours, to be asked although nothing is on record here.
        config: The user's ssh configuration for it; "": the usual one.

    Raises:
        LabInUse: A living command has the lab.
        HvlabError: Something could not be removed.
    """
    removed: list[str] = []

    def count(line: str) -> None:
        removed.append(line)
        tell(f"removed: {line}")

    owner = killed_owner(state)
    with exclusive(state):
        if owner:
            count(f"lock of {owner}, which no longer runs")
        _on_lab_host(state, count)
        failure = None
        if host and host.kind != "nested" and real.recorded(state) is None:
            _on_named_host(state, host, config, count)
        if real.recorded(state):
            # What is left of a killed command, Vagrant above all, would go on making what is taken down there.
            end_processes(state, count)
        try:
            undo_all(state, count)
        except HvlabError as error:
            failure = error
        end_processes(state, count)
        _files(state, count)
        if failure and real.recorded(state):
            # Only its host can forget a lab.
            raise failure
        if remove(state / JOURNAL) and failure:
            count(f"journal {state / JOURNAL}")
        if left := processes_of(state):
            raise HvlabError(f"still there: {left[0]}", "./invoke lab.purge once more")
    # It may hold logs, or the lock of who has the lab by now.
    with contextlib.suppress(OSError):
        state.rmdir()
    if not removed:
        tell(f"nothing to remove: no process and no file carries the name {lab_name(state)}")
