"""Terminal pictures and screenshots of a study, from its captures and screens."""

import base64
import os
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from core.errors import HvlabError
from dataset import Dataset
from dataset.files import read_bytes
from dataset.terminal import printed

MANAGER = "manager"


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
    """A window's picture: its hypervisor, its path in the study's folder, and the picture as a data URI."""

    provider: str
    path: str
    uri: Markup


def terminal(dataset: Dataset, provider: str, stage: str, meter: str) -> Terminal | None:
    """Return what a meter printed in the first repeat in which it was read.

    Returns:
        The picture; None if it was not read, the numbers were taken from print, or the captures are not there.

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
    found = printed(dataset.file(capture))
    return Terminal(provider, stage, found.command, found.text, found.more, capture) if found else None


def screen(dataset: Dataset, provider: str, name: str) -> Screen | None:
    """Return a picture of the first run of a hypervisor that has it; None if none has.

    Args:
        dataset: The study.
        provider: Name as in data.
        name: `MANAGER` for the manager's window, or a guest.

    Raises:
        HvlabError: The picture cannot be read.
    """
    for run in dataset.study.runs:
        path = dataset.file(f"runs/{run.name}/screens/{name}.png")
        if run.provider == provider and run.status == "finished" and os.path.lexists(path):
            return Screen(run.provider, str(path.relative_to(dataset.folder)), _uri(path))
    return None


def _uri(path: Path) -> Markup:
    content = read_bytes(path)
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        raise HvlabError(f"{path} is no PNG picture", "remove it, or run the study again", code="invalid-picture")
    return Markup("data:image/png;base64,{}").format(base64.b64encode(content).decode("ascii"))
