"""Meter `image-size`: the size of each image as a disk of its guest, as `qemu-img info` reports it (its virtual size).

qemu-img reads raw, qcow2, VMDK and VDI, also while a guest has them open
(`--force-share`, QEMU 2.10 and later).
"""

import json
import posixpath
import shlex
from typing import Any

from study.meters.base import Context, Meter, Number, unrecognised

_SUFFIXES = ("img", "qcow2", "raw", "vmdk", "vdi")
_END = "end"


def command(context: Context) -> str:
    """Make the command line: the folder, then each image's path and qemu-img's description of it."""
    folder = shlex.quote(context.image_folder)
    names = " -o ".join(f'-name "*.{suffix}"' for suffix in _SUFFIXES)
    info = "qemu-img info --force-share --output=json {}"
    return f"echo {folder}; find {folder} -type f \\( {names} \\) -print -exec {info} \\; && echo {_END}"


def parse(text: str) -> list[Number]:
    """Read `virtual:PATH` of every image, bytes, named as meter `disk` names it, and `virtual`, their sum.

    A base image of guests' images counts in the sum, too.

    Raises:
        HvlabError: The output is not of the command above, was cut off, or an image could not be read.
    """
    lines = text.split("\n")
    if lines[-2:] != [_END, ""] or not lines[0].startswith("/"):
        raise unrecognised("image-size", text, f'no folder, or no last line "{_END}"')
    root, sizes = lines[0], dict[str, int]()
    rest = "\n".join(lines[1:-2])
    while rest:
        path, _, rest = rest.partition("\n")
        image, rest = _next(text, rest)
        name = posixpath.relpath(path, root)
        if not path.startswith("/") or name in sizes or image.get("filename") != path:
            raise unrecognised("image-size", text, f"{path!r} is no image's path")
        size = image.get("virtual-size")
        if not isinstance(size, int) or isinstance(size, bool) or size < 0:
            raise unrecognised("image-size", text, f"no virtual-size of {path}")
        sizes[name] = size
    return [
        Number("virtual", sum(sizes.values()), "B"),
        *(Number(f"virtual:{name}", size, "B") for name, size in sorted(sizes.items())),
    ]


def _next(text: str, rest: str) -> tuple[dict[str, Any], str]:
    """Read the JSON object at the beginning of `rest`; returns it and what follows."""
    try:
        image, end = json.JSONDecoder().raw_decode(rest)
    except (json.JSONDecodeError, RecursionError) as error:
        raise unrecognised("image-size", text, f"no JSON where {rest[:40]!r} is") from error
    if not isinstance(image, dict) or rest[end : end + 1] not in ("", "\n"):
        raise unrecognised("image-size", text, f"no JSON object where {rest[:40]!r} is")
    return image, rest[end + 1 :]


METER = Meter(name="image-size", title="qemu-img info", quantity="disk", command=command, parse=parse)
