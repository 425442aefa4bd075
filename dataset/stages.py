"""The points of a run at which the lab host is read: `booting`, `manager`, `vm-1` .. `vm-N`."""

import re
from dataclasses import dataclass

from core.errors import HvlabError

BOOTING = "booting"
MANAGER = "manager"

_GUEST_STAGE = re.compile(r"vm-([1-9][0-9]*)")


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        name: `booting`, `manager` or `vm-N`.
        guests: Guests that run at this stage: 0, 0 or N.
    """

    name: str
    guests: int


def stages(guests: int, manager: bool = False) -> list[Stage]:
    """List the stages of a run in the order in which they are taken.

    Args:
        guests: Guests of the topology, 0 or more.
        manager: Also read the host with the virtual machine manager's window open, as the 2011 study did.

    Raises:
        HvlabError: `guests` is negative.
    """
    if guests < 0:
        raise HvlabError(f"a run cannot have {guests} guests", "set guests to 0 or more")
    idle = [Stage(BOOTING, 0), Stage(MANAGER, 0)] if manager else [Stage(BOOTING, 0)]
    return idle + [Stage(f"vm-{count}", count) for count in range(1, guests + 1)]


def parse_stage(name: str) -> Stage:
    """Turn a stage's name into the stage.

    Raises:
        HvlabError: The name is none of `booting`, `manager`, `vm-1`, `vm-2`, ...
    """
    if name in (BOOTING, MANAGER):
        return Stage(name, 0)
    if match := _GUEST_STAGE.fullmatch(name):
        return Stage(name, int(match[1]))
    raise HvlabError(f"unknown stage {name!r}", f"valid stages: {BOOTING}, {MANAGER}, vm-1, vm-2, ... vm-N")
