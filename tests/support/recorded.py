"""The recorded outputs under tests/fixtures: one case is NAME.txt beside NAME.json."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1] / "fixtures"


@dataclass(frozen=True)
class Case:
    """One recorded output and what is expected of it."""

    folder: str
    name: str
    text: str
    expected: dict[str, Any]

    def __str__(self) -> str:
        return f"{self.folder}/{self.name}"


def cases(key: str, root: Path = ROOT) -> list[Case]:
    """List the cases whose expectations hold `key`: `numbers`, `error` or `running`."""
    found = []
    for file in sorted(root.glob("*/*.json")):
        expected = json.loads(file.read_text())
        if key in expected:
            text = file.with_suffix(".txt").read_text()
            found.append(Case(file.parent.name, file.stem, text, expected))
    return found
