"""How disks of guests were made, as `qemu-img info` describes them: what the hypervisors with QEMU's images share."""

import json
import shlex
from collections.abc import Iterator

from study.meters.base import Context
from study.meters.readback import Readback, Reading

PART = "disks"


def command(context: Context) -> str:
    """Make the shell line that describes each guest's disk in the image folder."""
    folder = shlex.quote(context.image_folder)
    return f"find {folder} -maxdepth 1 -name 'server*.img' -exec qemu-img info --force-share --output=json {{}} \\;"


def disks(found: Readback) -> dict[str, str]:
    """Return guest to how its disk was made.

    Raises:
        HvlabError: A description is not qemu-img's.
    """
    return dict(sorted(_disks(found)))


def _disks(found: Readback) -> Iterator[tuple[str, str]]:
    """Read the descriptions, one JSON object after the other.

    A disk on another's is a clone; one that takes at least its virtual size was given its blocks beforehand.
    """
    decoder, rest = json.JSONDecoder(), found.part(PART)
    while rest := rest.strip():
        try:
            disk, end = decoder.raw_decode(rest)
            file, size, taken = str(disk["filename"]), int(disk["virtual-size"]), int(disk["actual-size"])
            backing = bool(disk.get("backing-filename"))
        except (ValueError, KeyError, TypeError) as error:
            raise found.error(f"a disk's description is not qemu-img's ({error!r})") from error
        rest = rest[end:]
        kind = "linked-clone" if backing else "preallocated" if taken >= size else "full-copy"
        yield file.rpartition("/")[2].removesuffix(".img"), kind


READING = Reading(disks, part=PART, part_command=command)
