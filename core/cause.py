"""Shortens a program's output to one line of a message, and keeps what says why."""

import re
from collections.abc import Sequence

MOST = 300
_MARK = "... "
_GAP = " ... "
# Words of lines that name a cause, and codes: ENOSPC, VERR_DISK_FULL, NAME_E_FILE_ERROR.
_WHY = re.compile(
    r"(?i:error|fatal|fail|cannot|can't|could not|unable|denied|refus|no space|not found|already|invalid|timed out)"
    r"|\bV?[A-Z]*_?E(?:RR)?_[A-Z_]+\b|\bE[A-Z]{3,}\b"
)


def ending(text: str, most: int = MOST) -> str:
    """Return a text of at most so many characters: its end, where programs name the cause."""
    return text if len(text) <= most else _MARK + text[len(text) - most + len(_MARK) :]


def shortened(text: str, most: int = MOST) -> str:
    """Return a text of at most so many characters: its beginning and its end."""
    half = (most - len(_GAP)) // 2
    return text if len(text) <= most else text[:half] + _GAP + text[-half:]


def last_line(text: str, most: int = MOST) -> str:
    """Return the last line that is not empty, as `ending` shortens it; "" if there is none."""
    return ending(next((line.strip() for line in reversed(text.splitlines()) if line.strip()), ""), most)


def cause(lines: Sequence[str], most: int = MOST) -> str:
    """Return lines of an error as one line: all of them if they are short, else those that name a cause, or the end."""
    whole = _joined(lines)
    if len(whole) <= most:
        return whole
    return ending(_joined([line for line in lines if _WHY.search(line)]) or whole, most)


def _joined(lines: Sequence[str]) -> str:
    return " ".join(word for line in lines for word in line.split())
