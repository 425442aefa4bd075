"""Factor `disk_strategy`: how the disk of a guest comes from the box's.

Vagrant makes the disks; what a strategy is under a hypervisor, and how it is read back, its plug-in says.
"""

from collections.abc import Mapping
from typing import Literal

from dataset.guests import guest_names
from dataset.stages import Stage
from factors.base import ABSENT, Factor

DiskStrategy = Literal["full-copy", "linked-clone", "preallocated"]


def _word(disks: Mapping[str, str]) -> str:
    """Return how the guests' disks were made; all ways, if they differ."""
    return " and ".join(sorted(set(disks.values()))) or ABSENT


def _compare(disks: Mapping[str, str], asked: str, stage: Stage) -> list[str]:
    shown = {guest: disks.get(guest, ABSENT) for guest in guest_names(stage.guests)}
    return [
        f"disk_strategy of {guest} is {kind}, {asked} was asked for" for guest, kind in shown.items() if kind != asked
    ]


FACTOR = Factor[Mapping[str, str]](
    name="disk_strategy",
    title="Disks of the guests",
    type=DiskStrategy,
    default="full-copy",
    order=60,
    word=_word,
    compare=_compare,
)
