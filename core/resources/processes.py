"""Processes on a host that have a certain variable in their environment."""

from collections.abc import Sequence
from pathlib import Path

from core.resources.base import Resource

_LIBRARY = Path(__file__).with_name("processes.sh")


def marked_processes(name: str, variable: str, but: Sequence[str] = ()) -> Resource:
    """Return all processes that were started with an environment variable, whatever its value.

    Args:
        name: Name of the resource.
        variable: Name of the environment variable.
        but: Shell patterns of names that the kernel has for a process (the first 15 letters of its file's): these are
            left out.
    """
    return Resource("processes", name, "processes", (variable, *but), (_LIBRARY.read_text(),))
