"""A resource of a lab on a host, as data, and the shell programs that claim, create and remove many in one session.

A resource names shell functions. With PREFIX in `functions`, they are

    PREFIX_probe ARGUMENT...     sets `state` to absent, owned or foreign, and `reason`; leaves `state` as it is if the
                                 question failed
    PREFIX_create ARGUMENT...    creates it; called again, it leaves a resource of the lab as it should be
    PREFIX_remove ARGUMENT...    removes it
    PREFIX_remember ARGUMENT...  sets `remembered` to the former value that `remove` needs; unset: there is none here

`loop.sh` calls them; it defines what "removed" means. The programs need a POSIX shell and nothing of the controller, so
that a host can keep the one that undoes its lab.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from core.errors import HvlabError
from core.shell import call

Verb = Literal["claim", "create", "remove"]
Result = Literal["absent", "owned", "foreign", "failed", "remembered", "created", "removed", "kept"]

_LOOP = Path(__file__).with_name("loop.sh")
_RESULTS = get_args(Result)
_KIND = re.compile(r"[a-z][a-z ]{0,39}")
_LONGEST = 4096
# Names that are printed of resources that failed alike.
_NAMED = 3


@dataclass(frozen=True)
class Resource:
    """Something on a host that a lab creates or changes.

    Attributes:
        kind: In lower case: "network", "disk", "setting".
        name: Its name on the host.
        functions: Prefix of its shell functions.
        arguments: Arguments of the functions.
        libraries: Shell texts that define them; equal texts are rendered once.
        creates: It has a function `create`. Without, another program creates it, as Vagrant does guests.
        remembers: Whether it has a function `remember`, whose value becomes its last argument (`with_memory`), and
            whether its removal requires that value.
        proves: The ownership of others depends on it: it stays while one of them cannot be removed.
        shared: A foreign one serves as well, and is no obstacle.
    """

    kind: str
    name: str
    functions: str
    arguments: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    creates: bool = False
    remembers: Literal["no", "optional", "required"] = "no"
    proves: bool = False
    shared: bool = False

    def with_memory(self, value: str) -> "Resource":
        """Return it with the value that its `remember` printed."""
        return replace(self, arguments=(*self.arguments, value), remembers="no")

    @property
    def _flag(self) -> str:
        flags = {"proves": self.proves, "shared": self.shared, "remembers": self.remembers != "no"}
        return ",".join(name for name, is_set in flags.items() if is_set) or "-"

    def line(self, verb: Verb) -> str:
        """Return the line of shell that does `verb` to it."""
        return call(verb, self.kind, self.name, self._flag, self.functions, *self.arguments)


@dataclass(frozen=True)
class Outcome:
    """What happened to one resource; `detail` is the reason, or the remembered value."""

    result: Result
    kind: str
    name: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}{f' ({self.detail})' if self.detail else ''}"


def render(verb: Verb, resources: Sequence[Resource]) -> str:
    """Return the program that does `verb` to resources: in their order, or to remove them in the reverse of it.

    Its output is for `read_outcomes`; it ends with status 0 if none failed, else with 1.

    Raises:
        ValueError: One that is to be removed lacks its remembered value.
    """
    if verb == "remove" and (lost := [one.name for one in resources if one.remembers == "required"]):
        raise ValueError(f"cannot be removed without their former values: {', '.join(lost)}")
    wanted = [one for one in resources if verb != "create" or one.creates]
    libraries = dict.fromkeys(text for one in wanted for text in one.libraries)
    ordered = reversed(wanted) if verb == "remove" else wanted
    lines = "".join(one.line(verb) for one in ordered)
    return f"{_LOOP.read_text()}{''.join(libraries)}{lines}finish\n"


def read_outcomes(text: str) -> list[Outcome]:
    """Parse the output of such a program, or of several of them one after the other.

    Raises:
        HvlabError: A line is of another form, or the last program did not reach its end.
    """
    outcomes, ended = list[Outcome](), False
    for line in text.splitlines():
        ended = line == "end"
        if not ended:
            outcomes.append(_outcome(line))
    if not ended:
        raise HvlabError("the host's answer is cut off", "run the command again", code="answer-cut-off")
    return outcomes


def _outcome(line: str) -> Outcome:
    result, *rest = line.split("\t")
    if result in _RESULTS and len(rest) == 3 and _KIND.fullmatch(rest[0]) and rest[1] and len(line) <= _LONGEST:
        kind, name, detail = map(printable, rest)
        return Outcome(result, kind, name, detail)  # type: ignore[arg-type]
    raise HvlabError(
        f"the host's answer is not recognised: {line[:80]!r}",
        "does a login script print there?",
        code="unknown-output",
    )


def printable(text: str) -> str:
    """Return a text from a host without control characters."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def failures(outcomes: Iterable[Outcome]) -> list[str]:
    """Return one line for each kind of resource and cause of failure, with the first names."""
    groups = dict[tuple[str, str], list[str]]()
    for one in outcomes:
        if one.result == "failed":
            groups.setdefault((one.kind, one.detail), []).append(one.name)
    return [str(Outcome("failed", kind, _listed(names), detail)) for (kind, detail), names in groups.items()]


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
