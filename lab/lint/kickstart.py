"""Reads a kickstart file as RHEL 5 would, with pykickstart, and holds it against the rules."""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pykickstart.errors import KickstartError
from pykickstart.parser import KickstartParser
from pykickstart.version import makeVersion

from lab.lint.finding import Finding

VERSION = "RHEL5"
# What pykickstart's own words begin with; the place is told by the finding.
_PLACE = re.compile(r"(?:.*?on line (\d+)[^:]*:\s*)", re.S)


@dataclass(frozen=True)
class Kickstart:
    """A kickstart file.

    Attributes:
        path: Where it lies.
        lines: Its lines, without their ends.
        read: pykickstart's handler, which holds one object for each command; None if it could not be read.
        trouble: What pykickstart has to say.
    """

    path: Path
    lines: tuple[str, ...]
    read: Any
    trouble: tuple[Finding, ...]

    def line_of(self, pattern: str) -> int:
        """Return the number of the first line that begins so, or 1."""
        return next((n for n, line in enumerate(self.lines, 1) if re.match(pattern, line)), 1)

    def scripts(self) -> Iterator[tuple[int, str]]:
        """Yield each line of the %post scripts with its number; comments are left out."""
        inside = False
        for number, line in enumerate(self.lines, 1):
            if line.startswith("%"):
                inside = line.startswith("%post")
            elif inside and not line.lstrip().startswith("#"):
                yield number, line

    def finding(self, line: int, rule: str, words: str) -> Finding:
        """Return a finding in this file."""
        return Finding(self.path, line, rule, words)


def _said(path: Path, text: str, line: int | None = None) -> Finding:
    place = _PLACE.match(text)
    number = line or (int(place[1]) if place else 1)
    return Finding(path, number, "ksvalidator", " ".join(text[place.end() if place else 0 :].split()))


def read_kickstart(path: Path) -> Kickstart:
    """Read a file; what is wrong with it is in the result."""
    text = path.read_text(encoding="utf-8")
    trouble: list[Finding] = []
    handler: Any = makeVersion(VERSION)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            KickstartParser(handler).readKickstartFromString(text)
        except KickstartError as error:
            trouble.append(_said(path, str(error), getattr(error, "lineno", None)))
            handler = None
    trouble += [_said(path, str(warning.message)) for warning in caught]
    return Kickstart(path, tuple(text.splitlines()), handler, tuple(trouble))
