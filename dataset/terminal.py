"""What a meter's command printed, as text and as a vector picture of a terminal; both from the capture."""

import io
import os
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from core.foreign import visible
from dataset.captures import INDEX_FILE, CaptureInfo, capture_text, read_index
from dataset.files import read_bytes

# Meters whose output the 2011 study shows: its Figures 2, 3 and 7.
PICTURED = ("free", "mpstat")
PROMPT = "root@labhost:~#"

# Settings that all commands have, and that a reader need not see.
_SURROUNDINGS = ("LC_ALL=C ", "S_TIME_FORMAT=ISO ")
_LIGHT = TerminalTheme((245, 245, 243), (34, 34, 34), [(34, 34, 34)] * 8)
# rich's own template loads a font from a server; this one uses installed fonts.
_SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: "DejaVu Sans Mono", monospace; font-size: {char_height}px; }}
.{unique_id}-title {{ font-family: "DejaVu Sans", sans-serif; font-size: 18px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


@dataclass(frozen=True)
class Printed:
    """What a command printed.

    Attributes:
        command: The command line.
        text: What is shown of its output.
        more: How many further blocks of output, one a sample, are not shown.
    """

    command: str
    text: str
    more: int


def printed(path: Path) -> Printed | None:
    """Return what is shown of a capture, None if it is not there: a dataset may be handed on without its captures.

    Args:
        path: The capture's file, named after its meter; the index beside it has the command line.

    Raises:
        HvlabError: The capture or its index cannot be read.
    """
    if not os.path.lexists(path):
        return None
    output = capture_text(read_bytes(path))
    info = _info(path)
    # A reading of `free` in several samples repeats the block; the first shows how it looks.
    first, *others = (
        [block for block in output.strip("\n").split("\n\n") if block.strip()] or [""]
        if path.stem == "free"
        else [output]
    )
    command = info.command if info else path.stem
    for setting in _SURROUNDINGS:
        command = command.removeprefix(setting)
    return Printed(command, first.strip("\n").expandtabs(8), len(others))


def _info(path: Path) -> CaptureInfo | None:
    index = path.with_name(INDEX_FILE)
    return read_index(index).get(path.name) if os.path.lexists(index) else None


def svg(what: Printed, title: str) -> bytes:
    """Draw a terminal with the command and its output: SVG, its text as text; the same bytes for the same input."""
    # XML has no control characters, not even as references.
    body = Text(visible(f"{PROMPT} {what.command}\n{what.text}"), no_wrap=True)
    widest = max(len(line) for line in body.plain.splitlines())
    console = Console(record=True, width=widest, file=io.StringIO(), color_system=None, legacy_windows=False)
    console.print(body, crop=False, overflow="ignore")
    return console.export_svg(title=visible(title), theme=_LIGHT, code_format=_SVG, unique_id="terminal").encode()
