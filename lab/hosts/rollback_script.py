"""The rollback program of a lab: kept in the lab's folder, and on its host for a lab whose folder is lost."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import HvlabError
from core.files import write_atomic
from core.resources.base import Outcome, Resource, failures, read_outcomes, render
from core.shell import quote
from lab.connectors.base import Machine, last_line
from lab.hosts.box_upload import REMOTE_ROOT

NAME = "rollback.sh"
# A lab host under emulation needed one minute for all with four guests, three beside another lab host.
_LIMIT_S = 400
_ASK_S = 180


def save_rollback(machine: Machine, state: Path, resources: Sequence[Resource]) -> None:
    """Save the program that removes resources, here and on their host, before they are created.

    Raises:
        HvlabError: It cannot be written there.
    """
    program = render("remove", resources)
    write_atomic(state / NAME, program.encode())
    path = f"{REMOTE_ROOT}/{NAME}"
    lines = f"umask 077\nprintf %s {quote(program)} >{path}.part && mv -f {path}.part {path}\n"
    machine.check("sh -s", stdin=lines.encode(), timeout=60, what="saving the rollback program")


def saved_on_host(machine: Machine) -> bool:
    """Return whether a host has such a program.

    Raises:
        HvlabError: It cannot be reached.
    """
    return machine.run(f"[ -f {REMOTE_ROOT}/{NAME} ]", timeout=60).status == 0


def rollback_script() -> str:
    """Return the program that runs the one that a host has."""
    return f"sh {REMOTE_ROOT}/{NAME}\n"


def ask(machine: Machine, resources: Sequence[Resource]) -> list[Outcome]:
    """Return a host's report of resources before a lab is set up on it.

    Raises:
        HvlabError: It cannot be reached, or its answer is not recognised.
    """
    return _run(machine, render("claim", resources), _ASK_S)


def create(machine: Machine, resources: Sequence[Resource]) -> None:
    """Create resources on a host, in their order.

    Raises:
        HvlabError: One cannot be created, or is not this lab's.
    """
    if failed := failures(_run(machine, render("create", resources), _ASK_S)):
        raise HvlabError(f"{machine.name}: {'; '.join(failed)}", "./invoke doctor shows what the lab host lacks")


def remove(machine: Machine, program: str) -> list[Outcome]:
    """Run a program that removes resources on a host; return what became of them.

    Raises:
        HvlabError: The host cannot be reached, or its answer is not recognised.
    """
    return _run(machine, program, _LIMIT_S)


def _run(machine: Machine, program: str, limit_s: float) -> list[Outcome]:
    done = machine.run("sh -s", stdin=program.encode(), timeout=limit_s)
    try:
        return read_outcomes(done.text)
    except HvlabError as error:
        why = last_line(done.stderr) or f"exit {done.status}"
        raise HvlabError(f"{machine.name}: {error.message}: {why}", error.hint) from error


def describe(outcome: Outcome) -> str:
    """Return the message for an outcome; "" for a failure."""
    messages = {"removed": "removed", "foreign": "left, since it is not this lab's:", "kept": "kept"}
    return f"{messages[outcome.result]} {outcome}" if outcome.result in messages else ""
