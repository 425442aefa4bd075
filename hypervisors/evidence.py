"""Evidence: captures without numbers that show what runs on the lab host."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Evidence:
    """One capture without numbers.

    Attributes:
        name: The capture's name: `captures/<stage>/<name>.txt`.
        command: The command line that root runs on the lab host.
    """

    name: str
    command: str


@dataclass(frozen=True)
class GuestList(Evidence):
    """The hypervisor's own list of its running guests.

    Attributes:
        parse: Pure function from the capture to the names of the guests that run, in the order printed. Raises
            HvlabError when it does not recognise the text.
    """

    parse: Callable[[str], list[str]]
