"""VirtualBox's list of running guests."""

import re

from hypervisors.evidence import GuestList
from study.meters.base import unrecognised

_NAME = "vboxmanage-runningvms"
_ROW = re.compile(r'"(?P<name>.*)" \{[0-9a-f-]{36}\}')


def parse(text: str) -> list[str]:
    """Read `"name" {uuid}` lines; VBoxManage may print warnings about its kernel module before them.

    Raises:
        HvlabError: It has another layout.
    """
    names = []
    for line in text.splitlines():
        if match := _ROW.fullmatch(line):
            names.append(match["name"])
        elif line.strip() and not line.startswith(("WARNING", " ")):
            raise unrecognised(_NAME, text, f"{line!r} is no virtual machine")
    return names


GUEST_LIST = GuestList(_NAME, "VBoxManage list runningvms", parse)
