"""The scenario that the guidance is for: the weight of each resource, the guests and their size, the host."""

import math
import re
from dataclasses import dataclass

from core.errors import HvlabError

# Of a host: an exbibyte. Whatever is more is a slip, and thousands of digits are "inf" to Python.
_MOST_MIB = 2.0**40
_MOST_GUESTS = 100_000
RESOURCES = ("memory", "cpu", "disk")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(MiB|GiB)")


@dataclass(frozen=True)
class Weights:
    """How much each resource matters; only the ratios count."""

    memory: float = 1.0
    cpu: float = 1.0
    disk: float = 1.0

    def of(self, resource: str) -> float:
        """Return one resource's weight by its name."""
        return {"memory": self.memory, "cpu": self.cpu, "disk": self.disk}[resource]


@dataclass(frozen=True)
class Scenario:
    """What the guidance is asked for; None stands for the study's own.

    Attributes:
        weights: How much each resource matters.
        guests: Number of guests.
        guest_mib: Memory of each, MiB.
        host_mib: Memory of the host as its kernel sees it, MiB.
        host_disk_mib: Size of the partition for images, MiB.
    """

    weights: Weights = Weights()
    guests: int | None = None
    guest_mib: float | None = None
    host_mib: float | None = None
    host_disk_mib: float | None = None

    @property
    def suffix(self) -> str:
        """What the names of an answer's files have beside the study's own: `.guests-12.memory-2`; empty for those."""
        weights = [f"{name}-{self.weights.of(name):g}" for name in RESOURCES if self.weights.of(name) != 1]
        sizes = (
            ("guests", self.guests),
            ("guest", self.guest_mib),
            ("host", self.host_mib),
            ("host-disk", self.host_disk_mib),
        )
        asked = [f"{name}-{size:.15g}{'' if name == 'guests' else 'MiB'}" for name, size in sizes if size is not None]
        return "".join(f".{part}" for part in [*asked, *weights])


DEFAULT_SCENARIO = Scenario()
"""The scenario without options: all weights alike, the study's guests on the study's host."""


def parse_weights(text: str) -> Weights:
    """Read `memory=2,cpu=1,disk=1`; a resource that is not named weighs 1.

    Raises:
        HvlabError: The text is of another form, a weight is negative, or all are 0.
    """
    hint = "for example --weights=memory=2,cpu=1,disk=1"
    found: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.partition("=")
        if name not in RESOURCES or name in found:
            raise HvlabError(
                f"--weights={text}: {part!r} is no weight of memory, cpu or disk, each named once",
                hint,
                code="bad-option",
            )
        found[name] = _weight(text, value, hint)
    weights = Weights(**found)
    if not any(weights.of(name) for name in RESOURCES):
        raise HvlabError(f"--weights={text}: all weights are 0", hint, code="bad-option")
    return weights


def parse_size(option: str, text: str) -> float | None:
    """Read a size such as `16GiB` or `512MiB`, in MiB; None for an empty text.

    Raises:
        HvlabError: The text is of another form, or 0.
    """
    if not text:
        return None
    match = _SIZE.fullmatch(text)
    size = float(match[1]) * (1024 if match[2] == "GiB" else 1) if match else 0.0
    if not 0 < size <= _MOST_MIB:
        raise HvlabError(
            f"{option}={text} is no size in MiB or GiB",
            f"for example {option}=16GiB or {option}=512MiB",
            code="bad-option",
        )
    return size


def parse_scenario(weights: str, guests: int, guest_memory: str, host_memory: str, host_disk: str = "") -> Scenario:
    """Read the options of `report.pdf`; 0 and empty texts stand for the study's own.

    Raises:
        HvlabError: One of them is not of its form.
    """
    if not 0 <= guests <= _MOST_GUESTS:
        raise HvlabError(f"--guests={guests} is no number of guests", "for example --guests=12", code="bad-option")
    return Scenario(
        parse_weights(weights),
        guests or None,
        parse_size("--guest-memory", guest_memory),
        parse_size("--host-memory", host_memory),
        parse_size("--host-disk", host_disk),
    )


def _weight(text: str, value: str, hint: str) -> float:
    try:
        weight = float(value)
    except ValueError:
        weight = math.nan
    if not (math.isfinite(weight) and weight >= 0):
        raise HvlabError(f"--weights={text}: {value!r} is no weight", hint, code="bad-option")
    return weight
