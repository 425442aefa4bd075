"""What all commands share: a function becomes a task that reports an error in one line."""

import errno
import functools
import os
import select
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from invoke.exceptions import Exit, ParseError
from invoke.parser.argument import Argument
from invoke.tasks import Task, task

from core.errors import HvlabError
from core.foreign import visible
from core.paths import SETTINGS
from core.signals import Interrupts
from hypervisors.names import hypervisor_names
from lab import packages

INTERRUPTED = 130
_UMASK = 0o022
# A shell's exit status for a program that wrote to a pipe without a reader.
UNREAD = 128 + signal.SIGPIPE
# Errors that any write can have, and those of a file or folder that the user named.
_NO_ROOM = dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "make room there")
_NOT_MAY = dict.fromkeys(
    (errno.EACCES, errno.EPERM, errno.EROFS), "check its permissions, name another place, or run as root"
)
_NOT_SO = dict.fromkeys(
    (errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP),
    "remove the file or folder that is there, or name another place",
)
_HINTS = _NO_ROOM | _NOT_MAY | _NOT_SO


class _Number(Argument):
    """An option with a whole number."""

    def set_value(self, value: Any, cast: bool = True) -> None:
        """Set the value from the command line.

        Raises:
            ParseError: It is not a whole number. (Invoke itself would print a traceback.)
        """
        try:
            super().set_value(value, cast)
        except ValueError as error:
            name = str(self.name).replace("_", "-")
            raise ParseError(f"hvlab: --{name}={value} is not a whole number\n  hint: --{name}=N") from error


class _Task(Task[Callable[..., None]]):
    """A task that checks options with numbers."""

    def get_arguments(self, ignore_unknown_help: bool | None = None) -> list[Argument]:
        """Return the options and arguments of the command."""
        return [_checked(argument) for argument in super().get_arguments(ignore_unknown_help)]


def _checked(argument: Argument) -> Argument:
    if argument.kind is not int:
        return argument
    kept = ("names", "kind", "default", "help", "positional", "optional", "attr_name")
    return _Number(**{name: getattr(argument, name) for name in kept})


def _as_exit(error: OSError) -> Exit | None:
    """Return the message for an error that the user can fix; None for a bug of hvlab."""
    where = f": {error.filename}" if error.filename else ""
    if error.errno not in _HINTS or not (where or error.errno in _NO_ROOM):
        return None
    return Exit(f"hvlab: {error.strerror}{visible(where)}\n  hint: {_HINTS[error.errno]}", code=1)


def _is_unread() -> bool:
    """Return whether the reader of standard output is gone; if so, discard what is left to be written."""
    output = select.poll()
    output.register(sys.stdout.fileno(), 0)
    unread = any(state & select.POLLERR for _, state in output.poll(0))
    if unread:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return unread


def command(*needed: str | Callable[[], Sequence[str]], **options: Any) -> Callable[[Callable[..., None]], Any]:
    """Make a function a task: what it needs is installed first, errors become one line with a hint.

    Args:
        needed: System packages, or functions that return them.
        options: For Invoke's `task`.
    """

    def wrap(function: Callable[..., None]) -> Any:
        @functools.wraps(function)
        def run(*args: Any, **words: Any) -> None:
            Interrupts().install()
            # Whatever the user's: images must be readable in the lab host, and nobody else may write what is made.
            os.umask(_UMASK)
            try:
                packages.ensure([name for each in needed for name in ([each] if isinstance(each, str) else each())])
                function(*args, **words)
                sys.stdout.flush()
            except HvlabError as error:
                hint = f"\n  hint: {error.hint}" if error.hint else ""
                raise Exit(visible(f"hvlab: {error.message}{hint}"), code=1) from error
            except BrokenPipeError as error:
                if not _is_unread():
                    raise
                raise Exit(code=UNREAD) from error
            except OSError as error:
                if exit_ := _as_exit(error):
                    raise exit_ from error
                raise
            except KeyboardInterrupt as error:
                kept = "; finished runs are kept" if function.__name__.startswith("study_") else ""
                raise Exit(f"hvlab: interrupted{kept}", code=INTERRUPTED) from error

        return task(run, klass=_Task, **options)

    return wrap


# Help for --provider of the commands that have it.
PROVIDER = f"hypervisor: {', '.join(hypervisor_names())}"
# Help for --host of the commands that need a lab.
HOST = "lab host: nested, local, or ssh://user@host:port; default: lab_host.host of hvlab.toml"


def settings(host: str = "") -> Any:
    """Return the parameters of hvlab.toml and the environment, with another lab host if one is named."""
    from lab.settings import load_settings, on_host

    return on_host(load_settings(SETTINGS), host)


def the_lab(guest_os: str = "", host: str = "") -> Any:
    """Return the lab of this work tree, with another guest OS or lab host if one is named."""
    from lab.hosts.preflight import check_room
    from lab.lifecycle import Lab

    wanted = settings(host)
    check_room(wanted)
    if guest_os:
        topology = wanted.topology.model_copy(update={"os": guest_os})
        wanted = wanted.model_copy(update={"topology": topology})
    return Lab(wanted)
