"""A hypervisor's own checks of a machine."""

from collections.abc import Callable
from dataclasses import dataclass

from core.diagnosis import Finding


@dataclass(frozen=True)
class Subject:
    """What the machine that is checked is wanted for.

    Attributes:
        nested: The guests run in hvlab's own virtual machine, not on the machine itself.
        provider: Name of the hypervisor; None: whichever the machine offers.
        required: `provider` is one of the hypervisors that have this check.
    """

    nested: bool
    provider: str | None
    required: bool


@dataclass(frozen=True)
class HypervisorCheck:
    """One requirement. Hypervisors may share a check; it is run once.

    Attributes:
        name: Of the finding; stable, for programs.
        line: POSIX shell, without effects; prints `name=value` lines or a file as it is.
        judge: Pure function from what it printed to the finding.
        on_nested: Whether it is also run on the machine that runs the nested lab host.
    """

    name: str
    line: str
    judge: Callable[[str, Subject], Finding]
    on_nested: bool = True
