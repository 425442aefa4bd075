"""What VirtualBox's kernel module has taken from the host for its guests: chunks of 2 MiB, by its own count.

A guest's kernel may hand out pages that it used and freed since its boot; VirtualBox has had them from the host since
then, and the host gives nothing for them again. Where they lie is another place at each boot (the kernel is put at a
random address and unpacked from another), so no load that is taken first uses up all of them each time.
"""

import re

from study.meters.base import Number, unrecognised

NAME = "vbox-chunks"
CHUNK_MIB = 2
_CHUNKS = "/GMM/cChunks"


def ask_for(counter: str, guest: str) -> str:
    """Return the line that asks VirtualBox for one of its counters (STAM), of a running guest."""
    return f'VBoxManage debugvm {guest} statistics --pattern "{counter}"'


def count(counter: str, text: str) -> int | None:
    """Read a counter from what `ask_for` printed (XML), None if it is not there."""
    match = re.search(rf'val="([0-9]+)"[^>]*name="{re.escape(counter)}"', text)
    return int(match[1]) if match else None


def command(guest: str) -> str:
    """Return the line that asks for the chunks; a running guest's name is needed, the count is of all of them."""
    return ask_for(_CHUNKS, guest)


def parse(text: str) -> list[Number]:
    """Return one number, `held`, MiB.

    Raises:
        HvlabError: The text does not hold the count.
    """
    held = count(_CHUNKS, text)
    if held is None:
        raise unrecognised(NAME, text, f"no {_CHUNKS}")
    return [Number("held", held * CHUNK_MIB, "MiB")]
