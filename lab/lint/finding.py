"""Something that a check found."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """A place, the rule that it breaks, and why that matters.

    Attributes:
        line: From 1.
        rule: Short name, with hyphens.
        words: One line, no full stop.
    """

    path: Path
    line: int
    rule: str
    words: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.words}"
