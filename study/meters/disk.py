"""Meter `disk`: what the provider's image folder holds, in apparent and in allocated bytes.

The 2011 study compared `ls -l`'s sizes. Images are sparse, so the apparent size says how much a guest may
write and the allocated blocks say what it costs now. `ls -lsR --block-size=1` prints both (ls(1), GNU
coreutils 5.97 and later).
"""

import posixpath
import re
import shlex

from study.meters.base import Context, Meter, Number, unrecognised

_TOTAL = re.compile(r"total [0-9]+")
_ENTRY = re.compile(
    r"\s*(?P<allocated>[0-9]+)\s+(?P<mode>[-bcdlpsD][-rwxsStT]{9}[.+@]?)\s+[0-9]+\s+\S+\s+\S+\s+"
    r"(?P<apparent>[0-9]+)\s+"
    r"(?:[A-Z][a-z]{2}\s+[0-9]{1,2}\s+[0-9:]{4,5}|[0-9]{4}-[0-9]{2}-[0-9]{2}\s+[0-9:]{5}) "
    r"(?P<name>.+)"
)
# Every ext file system has it; it is the partition's, not the hypervisor's.
_NOT_AN_IMAGE = "lost+found"


def command(context: Context) -> str:
    """Make the command line for the context's image folder."""
    return f"LC_ALL=C ls -lsR --block-size=1 {shlex.quote(context.image_folder)}"


def parse(text: str) -> list[Number]:
    """Read apparent and allocated bytes of every regular file, and their sums.

    Files are named by their path relative to the folder. Hidden files, directories themselves and
    `lost+found` are left out. An empty folder has sums of 0.

    Raises:
        HvlabError: A line is neither a directory's heading, its total, nor an entry.
    """
    files = _regular_files(text)
    numbers = [
        Number("apparent", sum(apparent for apparent, _ in files.values()), "B"),
        Number("allocated", sum(allocated for _, allocated in files.values()), "B"),
    ]
    for name, (apparent, allocated) in files.items():
        numbers.append(Number(f"apparent:{name}", apparent, "B"))
        numbers.append(Number(f"allocated:{name}", allocated, "B"))
    return numbers


def _regular_files(text: str) -> dict[str, tuple[int, int]]:
    """Map each file's relative path to its (apparent, allocated) bytes."""
    files: dict[str, tuple[int, int]] = {}
    root = folder = ""
    heading = True  # ls begins every directory's list with its name, after an empty line
    for line in text.splitlines():
        if not line:
            heading = True
        elif heading and line.endswith(":"):
            folder = posixpath.normpath(line[:-1])
            root = root or folder
            heading = False
        elif root and _TOTAL.fullmatch(line):
            heading = False
        elif root and (entry := _ENTRY.fullmatch(line)):
            name = posixpath.relpath(posixpath.join(folder, entry["name"]), root)
            if entry["mode"].startswith("-") and _NOT_AN_IMAGE not in name.split("/"):
                files[name] = (int(entry["apparent"]), int(entry["allocated"]))
        else:
            raise unrecognised("disk", text, f"{line!r} is no line of ls -lsR")
    if not root:
        raise unrecognised("disk", text, "no directory's heading")
    return files


METER = Meter(name="disk", title="ls -ls", quantity="disk", command=command, parse=parse)
