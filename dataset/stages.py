"""The points of a run at which the lab host is measured: `booting`, `manager`, `vm-1` .. `vm-N`.

In a study with a load, `vm-N+load` follows each `vm-N`: the same guests at work. `vm-N+rest`, after the last of them,
is the same guests when they have ended it.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator

from core.errors import HvlabError

BOOTING = "booting"
MANAGER = "manager"

LOAD = "load"
REST = "rest"

_STAGE = re.compile(r"booting|manager|(vm-([1-9][0-9]{0,3}))(?:\+(load|rest))?")
# Stages of the same guests, in the order of a run.
_PHASES = ("", LOAD, REST)
_FORMS = "booting, manager, vm-N, vm-N+load or vm-N+rest"


@dataclass(frozen=True)
class Stage:
    """One stage.

    Attributes:
        name: `booting`, `manager`, `vm-N`, `vm-N+load` or `vm-N+rest`.
        guests: Number of running guests: 0, 0 or N.
        phase: What the guests do beside being there: "" (nothing), `load` or `rest` (nothing any more).
    """

    name: str
    guests: int
    phase: str = ""

    @property
    def position(self) -> int:
        """A number that sorts stages in the order of a run."""
        return -1 if self.name == BOOTING else len(_PHASES) * self.guests + _PHASES.index(self.phase)

    @property
    def kind(self) -> str:
        """What has the same captures at each of its stages: `booting`, `manager`, `vm`, `vm+load`, `vm+rest`."""
        return f"vm+{self.phase}" if self.phase else "vm" if self.guests else self.name


def stages(guests: int, manager: bool = False, *, load: bool = False) -> list[Stage]:
    """List the stages of a run in their order.

    Args:
        guests: Guests of the topology, 0 or more.
        manager: Whether the host is also measured with the window of the virtual machine manager open, as in the
            2011 study.
        load: Whether the guests are also measured at work: at each of their stages, and once when they have ended.

    Raises:
        HvlabError: `guests` is negative.
    """
    if guests < 0:
        raise HvlabError(f"a run cannot have {guests} guests", "set guests to 0 or more", code="invalid-stage")
    names = [BOOTING, *([MANAGER] if manager else [])]
    for number in range(1, guests + 1):
        names += [vm_stage(number), *([vm_stage(number, LOAD)] if load else [])]
    names += [vm_stage(guests, REST)] if load and guests else []
    return [parse_stage(name) for name in names]


@lru_cache(maxsize=1024)
def parse_stage(name: str) -> Stage:
    """Return the stage of a name.

    Raises:
        HvlabError: The name is none of `booting`, `manager`, `vm-1`, ... `vm-9999`, `vm-1+load`, `vm-1+rest`, ...
    """
    match = _STAGE.fullmatch(name)
    if match is None:
        raise HvlabError(
            f"unknown stage {name!r}",
            f"valid stages: {BOOTING}, {MANAGER}, vm-1, vm-2, ... vm-N, and with a load vm-N+load, vm-N+rest",
            code="invalid-stage",
        )
    return Stage(name, int(match[2] or 0), match[3] or "")


def is_stage(name: str) -> bool:
    """Return whether `name` is that of a stage."""
    return _STAGE.fullmatch(name) is not None


def _known(name: str) -> str:
    if not is_stage(name):
        raise ValueError(f"unknown stage {name!r}: {_FORMS}")
    return name


StageName = Annotated[str, AfterValidator(_known)]
"""The name of a stage, in a model."""


def guests_at(name: str) -> int:
    """Return the number of running guests at a stage: 0, 0, 1 .. N; errors as `parse_stage`."""
    return parse_stage(name).guests


def stage_position(name: str) -> int:
    """Return a number that sorts stages in the order of a run; errors as `parse_stage`."""
    return parse_stage(name).position


def phase_of(name: str) -> str:
    """Return what the guests do at a stage: "", `load` or `rest`; errors as `parse_stage`."""
    return parse_stage(name).phase


def vm_stage(guests: int, phase: str = "") -> str:
    """Return the name of the stage at which `guests` guests run, 1 or more, and do what `phase` says."""
    return f"vm-{guests}+{phase}" if phase else f"vm-{guests}"


def stages_up_to(guests: int) -> tuple[str, ...]:
    """Return the names of all stages without a load in the order of a run: booting, manager, vm-1 .. vm-`guests`."""
    return tuple(stage.name for stage in stages(guests, manager=True))
