"""The points of a run at which the lab host is measured: `booting`, `manager`, `vm-1` .. `vm-N`."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

from core.errors import HvlabError

BOOTING = "booting"
MANAGER = "manager"

_STAGE = re.compile(r"booting|manager|vm-([1-9][0-9]{0,3})")


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        name: `booting`, `manager` or `vm-N`.
        guests: Number of running guests: 0, 0 or N.
    """

    name: str
    guests: int

    @property
    def position(self) -> int:
        """A number that sorts stages in the order of a run."""
        return -1 if self.name == BOOTING else self.guests


def stages(guests: int, manager: bool = False) -> list[Stage]:
    """List the stages of a run in their order.

    Args:
        guests: Guests of the topology, 0 or more.
        manager: Whether the host is also measured with the window of the virtual machine manager open, as in the
            2011 study.

    Raises:
        HvlabError: `guests` is negative.
    """
    if guests < 0:
        raise HvlabError(f"a run cannot have {guests} guests", "set guests to 0 or more", code="invalid-stage")
    names = [BOOTING, *([MANAGER] if manager else []), *map(vm_stage, range(1, guests + 1))]
    return [parse_stage(name) for name in names]


@lru_cache(maxsize=1024)
def parse_stage(name: str) -> Stage:
    """Return the stage of a name.

    Raises:
        HvlabError: The name is none of `booting`, `manager`, `vm-1`, `vm-2`, ... `vm-9999`.
    """
    match = _STAGE.fullmatch(name)
    if match is None:
        raise HvlabError(
            f"unknown stage {name!r}", f"valid stages: {BOOTING}, {MANAGER}, vm-1, vm-2, ... vm-N", code="invalid-stage"
        )
    return Stage(name, int(match[1] or 0))


def is_stage(name: str) -> bool:
    """Return whether `name` is `booting`, `manager` or `vm-N`."""
    return _STAGE.fullmatch(name) is not None


def _known(name: str) -> str:
    if not is_stage(name):
        raise ValueError(f"unknown stage {name!r}: booting, manager or vm-N")
    return name


StageName = Annotated[str, AfterValidator(_known)]
"""The name of a stage, in a model."""


def guests_at(name: str) -> int:
    """Return the number of running guests at a stage: 0, 0, 1 .. N; errors as `parse_stage`."""
    return parse_stage(name).guests


def stage_position(name: str) -> int:
    """Return a number that sorts stages in the order of a run; errors as `parse_stage`."""
    return parse_stage(name).position


def vm_stage(guests: int) -> str:
    """Return the name of the stage at which `guests` guests run, 1 or more."""
    return f"vm-{guests}"


def stages_up_to(guests: int) -> tuple[str, ...]:
    """Return the names of all stages in the order of a run: booting, manager, vm-1 .. vm-`guests`."""
    return tuple(stage.name for stage in stages(guests, manager=True))
