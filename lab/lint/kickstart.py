"""Reads a kickstart file as RHEL 5 would, with pykickstart; what is wrong with one line does not hide the others."""

import re
import shlex
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pykickstart.errors import KickstartError
from pykickstart.version import makeVersion

from lab.installer import rhel5
from lab.lint.finding import Finding

VERSION = "RHEL5"
# The beginning of pykickstart's own messages; the finding has the place.
_PLACE = re.compile(r"(?:.*?on line (\d+)[^:]*:\s*)", re.S)
_OTHER_PLACE = re.compile(r"at line (\d+)")
# Also pykickstart's answer to a line that its authors did not think of.
_TROUBLE = (KickstartError, ValueError, TypeError, LookupError, AttributeError)


@dataclass(frozen=True)
class Kickstart:
    """A kickstart file.

    Attributes:
        path: Where it lies.
        lines: Its lines, without their ends.
        read: pykickstart's handler, which holds one object for each command, of the lines that could be read.
        trouble: What could not be read, and what pykickstart has to say.
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
        for number, line, section in rhel5.in_sections(self.lines):
            if section == rhel5.POST and rhel5.first_word(line) != section and not line.lstrip().startswith("#"):
                yield number, line

    def finding(self, line: int, rule: str, words: str) -> Finding:
        """Return a finding in this file."""
        return Finding(self.path, line, rule, words)


class _Parser(rhel5.Parser):
    """Notes what is wrong with a line and reads on."""

    def __init__(self, handler: Any, note: Callable[[Exception, str], None]) -> None:
        self._note = note
        super().__init__(handler)
        self.unknownSectionIsFatal = False

    def _tryFunc(self, fn: Callable[[], object]) -> None:
        self._try(fn, "")

    def _try(self, fn: Callable[[], object], line: str) -> None:
        try:
            fn()
        except _TROUBLE as error:
            self._note(error, line)

    def setupSections(self) -> None:
        """See `KickstartParser`."""
        super().setupSections()
        packages = self.getSection(rhel5.PACKAGES)
        add = packages.handleLine
        packages.handleLine = lambda line: self._try(lambda: add(line), line)


def _said(path: Path, text: str, line: int | None = None) -> Finding:
    place = _PLACE.match(text)
    number = place or _OTHER_PLACE.search(text)
    line = line or (int(number[1]) if number else 1)
    return Finding(path, line, "ksvalidator", " ".join(text[place.end() if place else 0 :].split()))


def _decoded(path: Path) -> tuple[str, list[Finding]]:
    """Return a file's text, and what is wrong with its bytes."""
    data = path.read_bytes()
    try:
        return data.decode(), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        words = f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8"
        return data.decode(errors="replace"), [Finding(path, line, "encoding", words)]


def _readable(path: Path, lines: list[str]) -> tuple[list[str], list[Finding]]:
    """Replace lines that have no words, as the shell has them, and what names another file.

    Of a section's header its name stays.
    """
    found, kept = [], list(lines)
    for number, line, section in rhel5.in_sections(lines):
        header = rhel5.first_word(line) in rhel5.SECTIONS
        if rhel5.first_word(line) in rhel5.OTHER_FILES:
            kept[number - 1] = "#"
            continue
        if (section and not header) or not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            words = shlex.split(line, comments=not header)
            wrong = "" if words and words[0] else "the line begins with an empty word"
        except ValueError as error:
            wrong = f"the line cannot be split into words: {error}"
        if wrong:
            found.append(Finding(path, number, "ksvalidator", wrong))
            kept[number - 1] = section if header else "#"
    return kept, found


def read_kickstart(path: Path) -> Kickstart:
    """Read a file; what is wrong with it is in the result."""
    text, trouble = _decoded(path)
    lines = text.splitlines()
    kept, unreadable = _readable(path, lines)
    trouble += unreadable
    handler: Any = makeVersion(VERSION)

    def note(error: Exception, line: str) -> None:
        at = lines.index(line.rstrip("\n")) + 1 if line else None
        trouble.append(_said(path, str(error) or type(error).__name__, getattr(error, "lineno", None) or at))

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            _Parser(handler, note).readKickstartFromString("".join(f"{line}\n" for line in kept))
        except KickstartError as error:  # a section that RHEL 5 does not know, and what follows it
            note(error, "")
    trouble += [_said(path, str(warning.message)) for warning in caught]
    return Kickstart(path, tuple(lines), handler, tuple(trouble))
