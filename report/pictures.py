"""Terminal pictures and screenshots of a study: Figures 2 to 5 and 7, from its captures and screens."""

import base64
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from lab.errors import HvlabError
from report.captures import capture_info
from report.load import Dataset

_SCREEN = "screens/manager.png"


@dataclass(frozen=True)
class Terminal:
    """What a command printed on the lab host.

    Attributes:
        provider: Name as in data.
        stage: Name as in data.
        command: The command line.
        text: What is shown of its output.
        more: How many further blocks of output, one a sample, are not shown.
        capture: Path of the whole output in the study's folder.
    """

    provider: str
    stage: str
    command: str
    text: str
    more: int
    capture: str


@dataclass(frozen=True)
class Screen:
    """A window's picture: who drew it, its path in the study's folder, and the picture as a data URI."""

    provider: str
    path: str
    uri: Markup


def terminal(dataset: Dataset, provider: str, stage: str, meter: str) -> Terminal | None:
    """Return what a meter printed in the first repeat in which it was read.

    Returns:
        The picture; None if it was not read, or the numbers were taken from print.

    Raises:
        HvlabError: The capture or its index cannot be read.
    """
    if dataset.study.published:
        return None
    rows = dataset.measurements
    rows = rows[(rows["provider"] == provider) & (rows["stage"] == stage) & (rows["meter"] == meter)]
    if rows.empty:
        return None
    capture = str(rows.sort_values("repeat")["capture"].iloc[0])
    path = dataset.folder / capture
    try:
        output = path.read_bytes().decode(errors="replace")
    except FileNotFoundError:
        # A dataset may be handed on without its captures; then there is no picture, but there still are numbers.
        return None
    except OSError as error:
        raise HvlabError(f"cannot read {path}: {error.strerror}") from error
    info = capture_info(dataset.folder, capture)
    # A reading of `free` in several samples repeats the block; the first shows how it looks.
    first, *others = (
        [block for block in output.strip("\n").split("\n\n") if block.strip()] if meter == "free" else [output]
    )
    command = (info.command if info else meter).removeprefix("LC_ALL=C ").removeprefix("S_TIME_FORMAT=ISO ")
    return Terminal(provider, stage, command, first.strip("\n").replace("\t", "    "), len(others), capture)


def screen(dataset: Dataset, *providers: str) -> Screen | None:
    """Return the picture of the manager's window of the first of `providers` that has one.

    Raises:
        HvlabError: A picture cannot be read.
    """
    for run in dataset.study.runs:
        path = dataset.folder / "runs" / run.name / _SCREEN
        if run.provider in providers and run.status == "finished" and path.is_file():
            return Screen(run.provider, str(path.relative_to(dataset.folder)), _uri(path))
    return None


def _uri(path: Path) -> Markup:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise HvlabError(f"cannot read {path}: {error.strerror}") from error
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise HvlabError(f"{path} is no PNG picture", "remove it, or take the study again")
    return Markup("data:image/png;base64,{}").format(base64.b64encode(content).decode("ascii"))
