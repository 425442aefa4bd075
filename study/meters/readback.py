"""How the factors of a lab host are read back: the types that factors and hypervisors share with the meter `factors`.

The meter's capture begins with lines `NAME: VALUE` (or `NAME VALUE`), the kernel's own or made like them. Parts of free
text follow, each after a line that holds the part's name alone. The last line is `factors end`.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self

from core.errors import HvlabError
from dataset.descriptors import Unit
from study.meters.base import Context, Number, unrecognised

NAME = "factors"
END = "factors end"
_LINE = re.compile(r"(?P<name>[A-Za-z0-9_/.-]+)[: ]\s*(?P<value>\S.*)?")
_WHOLE = re.compile(r"([0-9]+)( kB)?")


@dataclass(frozen=True)
class Readback:
    """What a lab host printed of its factors.

    Attributes:
        lines: Name to value, "" for an empty one. A file that the kernel does not have gives no line.
        parts: Name of a part to its text.
        text: The whole output.
    """

    lines: Mapping[str, str]
    parts: Mapping[str, str]
    text: str

    @classmethod
    def parse(cls, text: str, parts: Collection[str]) -> Self:
        """Split a capture into its lines and parts.

        Args:
            text: The capture.
            parts: Names of the parts that may occur.

        Raises:
            HvlabError: The last line is missing, or a line has no name.
        """
        body = text.rstrip("\n").split("\n")
        if body.pop() != END:
            raise unrecognised(NAME, text, f"no last line {END!r}")
        lines: dict[str, str] = {}
        found: dict[str, list[str]] = {}
        part: list[str] | None = None
        for line in body:
            if line in parts and line not in found:
                part = found[line] = []
            elif part is not None:
                part.append(line)
            elif match := _LINE.fullmatch(line):
                lines[match["name"]] = match["value"] or ""
            else:
                raise unrecognised(NAME, text, f"{line!r} is no name with a value")
        return cls(lines, {name: "\n".join(each).strip("\n") for name, each in found.items()}, text)

    def whole(self, name: str) -> int:
        """Return the value of a line, which must be a whole number; KiB where the kernel prints kB.

        Raises:
            HvlabError: There is no such line, or it holds something else.
        """
        match = _WHOLE.fullmatch(self.lines.get(name, ""))
        if match is None:
            raise self.error(f"no whole number {name}")
        return int(match[1])

    def part(self, name: str) -> str:
        """Return the text of a part.

        Raises:
            HvlabError: There is none of that name.
        """
        if name not in self.parts:
            raise self.error(f"no part {name!r}")
        return self.parts[name]

    def numbers(self, metrics: Mapping[str, str], unit: Unit) -> list[Number]:
        """Return the whole numbers of those lines that are there.

        Args:
            metrics: Name of a line to the metric.
            unit: Unit of them all: `KiB` where the kernel prints kB, or `count`.

        Raises:
            HvlabError: See `whole`.
        """
        return [Number(metric, self.whole(name), unit) for name, metric in metrics.items() if name in self.lines]

    def error(self, why: str) -> HvlabError:
        """Return the error for an output that is not what its parser expects."""
        return unrecognised(NAME, self.text, why)


def _no_numbers(_: Readback) -> list[Number]:
    return []


@dataclass(frozen=True)
class Reading:
    """How a factor is read back.

    Attributes:
        show: Returns what the lab host shows; None: it has no such thing. Pure. Raises HvlabError for an output that is
            not known. The type is the factor's own.
        lines: Shell line that prints lines `NAME: VALUE`; its exit status does not count.
        part: Name of the part of free text; "": none. No line of another output may be equal to it.
        part_command: Makes the shell line that prints that part; the reading fails if it does.
        numbers: Returns metrics; none where the capture has no lines of this factor.
    """

    show: Callable[[Readback], Any]
    lines: str = ""
    part: str = ""
    part_command: Callable[[Context], str] | None = None
    numbers: Callable[[Readback], list[Number]] = _no_numbers
