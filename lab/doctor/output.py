"""The findings for people."""

from rich.console import Console
from rich.text import Text

from core.console import result
from core.diagnosis import State
from core.foreign import visible
from lab.doctor.finding import Diagnosis

_COLOURS = {State.OK: "green", State.WARN: "yellow", State.FAIL: "red"}


def print_diagnosis(diagnosis: Diagnosis) -> None:
    """Print one line for each finding, whatever the terminal's width, and one that counts them."""
    console = Console(highlight=False)
    remote = diagnosis.host.startswith("ssh://")
    names = [f"{found.name} ({found.where})" if remote else found.name for found in diagnosis.findings]
    width = max(map(len, names), default=0)
    for name, found in zip(names, diagnosis.findings, strict=True):
        words = f"{found.seen} -> {found.todo}" if found.todo else found.seen
        # Not a table of rich's: that fills its lines with blanks, which a narrow terminal breaks into empty lines.
        line = Text.assemble((found.state.ljust(6), _COLOURS[found.state]), name.ljust(width + 2), visible(words))
        console.print(line, soft_wrap=True)
    counts = [f"{sum(found.state is state for found in diagnosis.findings)} {state}" for state in State]
    result(f"{diagnosis.host}: {', '.join(counts)}")
