"""A setting of a host: its value is read before it is changed, and restored."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from core.resources.base import Resource
from core.shell import call, quote

_LIBRARY = Path(__file__).with_name("setting.sh")


@dataclass(frozen=True)
class Setting:
    """One setting, as two bodies of shell functions.

    Attributes:
        name: In messages: "KSM".
        read: Prints the value, one line. Returns 3 where the host has no such setting; another status is an error.
        write: Sets it to "$1": a value that `read` printed, or one that is given to `set_program`.
    """

    name: str
    read: str
    write: str

    @property
    def _function(self) -> str:
        """Prefix of its two functions; it depends on their text."""
        return f"setting_{hashlib.sha256(f'{self.read}/{self.write}'.encode()).hexdigest()[:12]}"

    @property
    def _libraries(self) -> tuple[str, str]:
        bodies = {"read": self.read, "write": self.write}
        functions = "".join(f"{self._function}_{name}() {{\n{body.strip()}\n}}\n" for name, body in bodies.items())
        return _LIBRARY.read_text(), functions

    @property
    def resource(self) -> Resource:
        """The resource: it remembers the host's value, and is removed by restoring that."""
        return Resource("setting", self.name, "setting", (self._function,), self._libraries, remembers="required")

    def set_line(self, value: str) -> str:
        """Return the line of `set_program` for it."""
        return call("set_value", self.name, self._function, value)


def kernel_file(name: str, path: str) -> Setting:
    """Return a setting in a file of /proc or /sys: its word in brackets, or else its first line, is the value."""
    file = quote(path)
    return Setting(name, f"[ -e {file} ] || return 3\nkernel_value {file}", f"printf '%s\\n' \"$1\" >{file}")


def set_program(values: Iterable[tuple[Setting, str]]) -> str:
    """Return the shell program that sets values; settings that a host does not have are left out.

    It ends at the first one that cannot be set, with its name on standard error and status 1.
    """
    pairs = list(values)
    libraries = dict.fromkeys(text for setting, _ in pairs for text in setting._libraries)
    return "".join((*libraries, *(setting.set_line(value) for setting, value in pairs)))
