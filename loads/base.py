"""What a load is: programs that run in each guest while the lab host is read, and the numbers that they report.

A program runs until it gets SIGINT, prints what it did, and ends. Its output is a capture of the study; a meter of the
program's name reads it (`Meter.where` is `guests`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from study.meters.base import Context

Sizes = Mapping[str, int]
"""The sizes of hvlab.toml, by name."""


@dataclass(frozen=True)
class Size:
    """How large a load is in one respect.

    Attributes:
        name: In the table [load] of hvlab.toml, and in HVLAB_LOAD__NAME. Loads that use the same name share the size.
        default: Its value where hvlab.toml does not name one.
        least: The smallest value.
        most: The largest value.
    """

    name: str
    default: int
    least: int = 1
    most: int = 1 << 20


@dataclass(frozen=True)
class Program:
    """A program of a load.

    Attributes:
        meter: Name of the meter that reads its output.
        line: Makes the POSIX sh line that runs it in a guest, in a folder of its own on the guest's disk. It ends at
            SIGINT. `$host` is the lab host's address as the guest sees it, `$number` the guest's number.
        holds: Returns how much memory its largest process must hold before the guest counts as loaded, MiB.
        statuses: Exit statuses after SIGINT that mean success.
        serve: Makes the line that answers the program on the lab host, where `$address` and `$number` are set; None:
            it needs nobody there.
    """

    meter: str
    line: Callable[[Sizes], str]
    holds: Callable[[Sizes], int] = field(default=lambda sizes: 0)
    statuses: frozenset[int] = frozenset({0})
    serve: Callable[[Sizes], str] | None = None


@dataclass(frozen=True)
class Load:
    """A load. Adding one is adding a module to this package that defines `LOAD`.

    Attributes:
        name: In data, and `kind` in the table [load] of hvlab.toml.
        title: In print, English; loads/locale translates it.
        programs: What runs in each guest, all at once; none: the guests are idle.
        sizes: What its size is given by.
        holds: Returns how much memory a guest needs for it beside its system's, MiB.
    """

    name: str
    title: str
    programs: tuple[Program, ...] = ()
    sizes: tuple[Size, ...] = ()
    holds: Callable[[Sizes], int] = field(default=lambda sizes: 0)


def no_command(context: Context) -> str:
    """Return the command of a load's meter on the lab host: there is none, the load itself prints what it reads."""
    del context
    return "true"
