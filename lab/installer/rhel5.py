"""RHEL 5's kickstart files, where pykickstart 3 reads them otherwise.

- `%packages --nobase` is valid: anaconda has had it since 2004. pykickstart's parser of 2007 took it without a version;
  pykickstart 3 takes it for RHEL 6's.
- There are four kinds of sections. A line of a script that begins with `%` and another word belongs to the script.
- No file that `%include` names is opened, here or over the network: what it holds is not known when hvlab checks.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from pykickstart.parser import KickstartParser, Script
from pykickstart.sections import PackageSection, PostScriptSection, PreScriptSection, TracebackScriptSection

PACKAGES = "%packages"
POST = "%post"
SECTIONS = (PACKAGES, "%pre", POST, "%traceback")
OTHER_FILES = ("%include", "%ksappend")
NO_BASE = "--nobase"


class _PackageSection(PackageSection):  # type: ignore[misc]
    """Takes --nobase."""

    def handleHeader(self, lineno: int, args: list[str]) -> None:
        super().handleHeader(lineno, [word for word in args if word != NO_BASE])
        self.handler.packages.addBase = NO_BASE not in args


class Parser(KickstartParser):  # type: ignore[misc]
    """Reads RHEL 5's files into a handler of pykickstart's."""

    def __init__(self, handler: Any) -> None:
        super().__init__(handler, followIncludes=False)

    def setupSections(self) -> None:
        """See `KickstartParser`."""
        self._sections: dict[str, Any] = {}
        for section in (PreScriptSection, PostScriptSection, TracebackScriptSection):
            self.registerSection(section(self.handler, dataObj=Script))
        self.registerSection(_PackageSection(self.handler))


def first_word(line: str) -> str:
    """Return a line's first word, or ""."""
    return next(iter(line.split(maxsplit=1)), "")


def in_sections(lines: Iterable[str]) -> Iterator[tuple[int, str, str]]:
    """Yield each line's number, from 1, its text, and the section that it is in; "" for commands.

    A section's header is in its section.
    """
    section = ""
    for number, line in enumerate(lines, 1):
        word = first_word(line)
        if word in SECTIONS:
            section = word
        elif word == "%end":
            section = ""
        yield number, line, section
