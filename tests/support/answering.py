"""A machine that gives the same answer to everything."""

from dataclasses import dataclass, field
from pathlib import Path

from lab.connectors.base import Completed
from lab.connectors.ssh_config import Ssh


@dataclass(frozen=True)
class Answering(Ssh):
    """A machine behind SSH; `asked` has each program that it was given, or else the command line."""

    answer: Completed
    asked: list[bytes] = field(default_factory=list)

    def run(self, remote: str, *, timeout: float, stdin: bytes = b"", patient: bool = True) -> Completed:
        self.asked.append(stdin or remote.encode())
        return self.answer


def answering(name: str, status: int = 0, stdout: bytes = b"", stderr: bytes = b"") -> Answering:
    """Return a machine of that name with its answer."""
    return Answering(Path(), name, Completed(status, stdout, stderr))
