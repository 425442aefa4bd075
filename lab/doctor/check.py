"""What a check is: a shell line for a machine, and a pure function from what it prints to a finding."""

from collections.abc import Callable
from dataclasses import dataclass

from core.diagnosis import Finding
from lab.connectors.address import Kind
from lab.settings import Settings

EVERYWHERE: frozenset[Kind] = frozenset(("nested", "local", "ssh"))
REAL: frozenset[Kind] = frozenset(("local", "ssh"))
NESTED: frozenset[Kind] = frozenset(("nested",))
SECONDS = 20


@dataclass(frozen=True)
class Wanted:
    """What the machine is wanted for.

    Attributes:
        kind: Of lab host.
        provider: Its name, None for whichever the machine offers.
        cache, state: Absolute names of the folders of images and of the running lab, on the controller.
        accelerator: QEMU's accelerator that the nested lab host is started with; "" if that is still to be probed.
    """

    kind: Kind
    provider: str | None
    settings: Settings
    cache: str
    state: str
    accelerator: str = ""

    @property
    def nested(self) -> bool:
        """Whether the guests run in the kit's own virtual machine, not on the machine itself."""
        return self.kind == "nested"


@dataclass(frozen=True)
class Check:
    """One requirement.

    Attributes:
        name: Of the finding.
        line: POSIX shell, without effects; prints `name=value` lines or a file as it is.
        judge: From what it printed to the finding.
        kinds: Of lab hosts that it is asked for.
        controller: It is about the machine that `./invoke` runs on, also where the lab host is another.
        timeout: Seconds.
    """

    name: str
    line: Callable[[Wanted], str]
    judge: Callable[[str, Wanted], Finding]
    kinds: frozenset[Kind] = EVERYWHERE
    controller: bool = False
    timeout: float = SECONDS
