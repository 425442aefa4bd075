"""What all commands share: a function becomes a task that says in one line what went wrong."""

import errno
import functools
from collections.abc import Callable
from typing import Any

from invoke.exceptions import Exit
from invoke.tasks import task

from commands.interrupt import Interrupts
from lab import packages
from lab.errors import HvlabError
from lab.paths import SETTINGS

INTERRUPTED = 130
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def command(*needed: str, **options: Any) -> Callable[[Callable[..., None]], Any]:
    """Make a function a task: what it needs is installed first, errors become one line with a hint.

    Args:
        needed: System packages.
        options: For Invoke's `task`.
    """

    def wrap(function: Callable[..., None]) -> Any:
        @functools.wraps(function)
        def run(*args: Any, **words: Any) -> None:
            Interrupts().install()
            try:
                packages.ensure(needed)
                function(*args, **words)
            except HvlabError as error:
                hint = f"\n  hint: {error.hint}" if error.hint else ""
                raise Exit(f"hvlab: {error.message}{hint}", code=1) from error
            except OSError as error:
                # The one failure that any write anywhere can have.
                if error.errno not in _NO_ROOM:
                    raise
                where = f": {error.filename}" if error.filename else ""
                raise Exit(f"hvlab: {error.strerror}{where}\n  hint: make room there", code=1) from error
            except KeyboardInterrupt as error:
                raise Exit("hvlab: interrupted; finished runs are kept", code=INTERRUPTED) from error

        return task(run, **options)

    return wrap


# Help for --host of the commands that need a lab.
HOST = "lab host: nested, local, or ssh://user@host:port; lab_host.host of hvlab.toml without"


def settings(host: str = "") -> Any:
    """Return the parameters of hvlab.toml and the environment, with another lab host if one is named."""
    from lab.settings import load_settings, on_host

    return on_host(load_settings(SETTINGS), host)


def the_lab(guest_os: str = "", host: str = "") -> Any:
    """Return the lab of this work tree, with another guest OS or lab host if one is named."""
    from lab.bringup import Lab
    from lab.preflight import check_room

    wanted = settings(host)
    check_room(wanted)
    if guest_os:
        topology = wanted.topology.model_copy(update={"os": guest_os})
        wanted = wanted.model_copy(update={"topology": topology})
    return Lab(wanted)
