"""Renders POSIX shell programs: the one place where a value becomes part of a program's text."""

import re
import shlex
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def quote(value: str) -> str:
    """Return a value as one word of the shell.

    Raises:
        ValueError: It has a NUL, which no shell can hold.
    """
    if "\0" in value:
        raise ValueError(f"a shell word cannot hold a NUL: {value!r}")
    return shlex.quote(value)


def assign(values: Mapping[str, str]) -> str:
    """Return one assignment a line.

    Raises:
        ValueError: A name is not a shell variable's, or a value has a NUL.
    """
    return "".join(f"{_checked(name)}={quote(value)}\n" for name, value in values.items())


def call(function: str, *arguments: str) -> str:
    """Return the line that calls a shell function.

    Raises:
        ValueError: The name is not a function's, or an argument has a NUL.
    """
    return " ".join((_checked(function), *map(quote, arguments))) + "\n"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name in the shell: {name!r}")
    return name
