"""What VirtualBox's kernel module has taken from the host for its guests: chunks of 2 MiB, by its own count.

A guest's kernel may hand out pages that it used and freed since its boot; VirtualBox has had them from the host since
then, and the host gives nothing for them again. Where they lie is another place at each boot (the kernel is put at a
random address and unpacked from another), so no load that is taken first uses up all of them each time.
"""

import re

from study.meters.base import Number, unrecognised

NAME = "vbox-chunks"
CHUNK_MIB = 2
_COUNT = re.compile(r'val="([0-9]+)"[^>]*name="/GMM/cChunks"')


def command(guest: str) -> str:
    """Return the line that asks for it; a running guest's name is needed, the count is of all of them."""
    return f'VBoxManage debugvm {guest} statistics --pattern "/GMM/cChunks"'


def parse(text: str) -> list[Number]:
    """Read the XML of `VBoxManage debugvm statistics` (VirtualBox's STAM); one number, `held`, MiB.

    Raises:
        HvlabError: It does not hold the count.
    """
    if match := _COUNT.search(text):
        return [Number("held", int(match[1]) * CHUNK_MIB, "MiB")]
    raise unrecognised(NAME, text, "no /GMM/cChunks")
