"""One capture of what a program printed in each guest, in parts; each says beforehand how many lines it has."""

import re
from collections.abc import Callable, Mapping

from core.errors import HvlabError
from study.meters.base import Number, unrecognised

_HEAD = re.compile(r"guest (server[1-9][0-9]{0,3}) ([0-9]{1,7}) lines")


def join(outputs: Mapping[str, bytes]) -> bytes:
    """Return the outputs of guests, by name, as one capture."""
    whole = b""
    for guest, output in outputs.items():
        body = output if output.endswith(b"\n") or not output else output + b"\n"
        count = body.count(b"\n")
        whole += f"guest {guest} {count} lines\n".encode() + body
    return whole


def split(meter: str, text: str) -> dict[str, str]:
    """Return what each guest printed, by its name.

    Raises:
        HvlabError: The capture is not in parts, a part is cut off, or a guest has two.
    """
    lines = text.split("\n")
    if lines.pop():
        raise unrecognised(meter, text, "the last line has no end")
    found: dict[str, str] = {}
    while lines:
        head = _HEAD.fullmatch(lines.pop(0))
        if head is None or int(head[2]) > len(lines) or head[1] in found:
            raise unrecognised(meter, text, "not one part for each guest")
        count = int(head[2])
        found[head[1]] = "".join(f"{line}\n" for line in lines[:count])
        del lines[:count]
    if not found:
        raise unrecognised(meter, text, "no guest")
    return found


def numbers_of(meter: str, text: str, parse: Callable[[str], list[Number]]) -> list[Number]:
    """Return the numbers of all guests; each has its guest's name behind a colon.

    Raises:
        HvlabError: The capture is not in parts, or `parse` does not know what a guest printed.
    """
    found = []
    for guest, output in split(meter, text).items():
        try:
            numbers = parse(output)
        except HvlabError as error:
            raise HvlabError(f"{guest}: {error.message}", error.hint, code="unknown-output") from error
        found += [Number(f"{number.metric}:{guest}", number.value, number.unit) for number in numbers]
    return found
