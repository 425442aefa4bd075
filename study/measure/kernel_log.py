"""New errors in the lab host's kernel log: a run in which the kernel complained is marked as suspect.

Evidence `dmesg-errors` captures, at each stage, the lines of level `err` and worse, and those about a crash at
whatever level (kernel warnings are of level `warning`). At the first stage only the latter count: every boot on
emulated hardware has a few errors. Later every line counts that no earlier stage had.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from core.errors import HvlabError
from dataset.captures import INDEX_FILE, capture_path, capture_text, read_index
from dataset.files import read_bytes
from dataset.models import RunInfo
from dataset.paths import in_study
from hypervisors.registry import all_hypervisors

EVIDENCE_NAME = "dmesg-errors"
# Also given to grep -E on the lab host, so only what both know.
GRAVE = (
    r"BUG:|Oops|WARNING: |Call Trace|Kernel panic|general protection|soft lockup|hard LOCKUP|self-detected stall"
    r"|detected stalls|blocked for more than|Out of memory|oom-kill|page allocation failure|I/O error|Hardware Error"
    r"|remounting filesystem read-only|segfault at"
)
# What root runs: -r prints the level before each line. The copy lies in the readings' own folder and goes at once.
COMMAND = f"dmesg -r >kernel.log && {{ grep -E '^<[0-3]>|^<[0-7]>.*({GRAVE})' kernel.log; rm kernel.log; }}"

_LINE = re.compile(r"<(?P<level>[0-7])>(?P<text>\[ *[0-9]+\.[0-9]+\] .*)")
_GRAVE = re.compile(GRAVE)
_ERR = 3
_SHOWN = 160
# Seen in every run, with its reason; each costs nothing and hides nothing. The emulated processor has no power states.
_HARMLESS = (r"powernow_k8: Power state transitions not supported",)


def _harmless() -> re.Pattern[str]:
    """Return what matches the messages of the host's kernel that do not make a run suspect."""
    own = (pattern for hypervisor in all_hypervisors().values() for pattern in hypervisor.harmless)
    return re.compile("|".join(f"(?:{pattern})" for pattern in (*_HARMLESS, *own)))


def complaints(text: str, *, all_errors: bool) -> list[str]:
    """Read a capture of `dmesg-errors`.

    Args:
        text: The capture.
        all_errors: Take every error; else only lines about a crash.

    Returns:
        The lines, with the kernel's time stamp.

    Raises:
        HvlabError: A line is not of `dmesg -r`.
    """
    found, harmless = [], _harmless()
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise HvlabError(
                f"{EVIDENCE_NAME}: {line[:_SHOWN]!r} is no line of dmesg -r",
                "keep the capture and look at it",
                code="unknown-output",
            )
        counts = _GRAVE.search(line) or (all_errors and int(match["level"]) <= _ERR)
        if counts and not harmless.search(line):
            found.append(match["text"])
    return found


class KernelWatch:
    """Is given each stage's capture in order, and keeps what is new."""

    def __init__(self) -> None:
        self.suspect: list[str] = []
        self._known: set[str] = set()
        self._first = True

    def look(self, stage: str, text: str | None) -> list[str]:
        """Take the next stage's capture (None: it could not be read) and return what is new, one line each."""
        if text is None:
            new = [f"{stage}: the kernel's log could not be read"]
        else:
            lines = complaints(text, all_errors=not self._first)
            new = [f"{stage}: {line[:_SHOWN]}" for line in lines if line not in self._known]
            # Errors of the boot do not count later, either.
            self._known.update(complaints(text, all_errors=True))
        self._first = False
        self.suspect += new
        return new


def suspicions(study_dir: Path, run: RunInfo, stages: Iterable[str]) -> list[str]:
    """Work out again from its captures what makes a run suspect; a run from before this evidence existed has nothing.

    Raises:
        HvlabError: An index or a capture cannot be read.
    """
    watch = KernelWatch()
    for stage in stages:
        capture = capture_path(run.provider, run.repeat, stage, EVIDENCE_NAME)
        file = in_study(study_dir, capture)
        entry = read_index(file.with_name(INDEX_FILE)).get(file.name)
        if entry:
            text = capture_text(read_bytes(file))
            watch.look(stage, None if entry.exit_status else text)
    return watch.suspect
