"""Meter `disk`: the files in the provider's image folder, in apparent and in allocated bytes.

The 2011 study compared `ls -l`'s sizes. Images are sparse, so the apparent size says how much a guest may
write and the allocated blocks say what it costs now. `ls -lsR --block-size=1` prints both (ls(1), GNU
coreutils 5.97 and later).

An output is whole if each folder's total is the sum of its entries' blocks, and each folder that is an entry has a list
of its own.
"""

import ast
import posixpath
import re
import shlex
from dataclasses import dataclass, field

from study.meters.base import Context, Meter, Number, unrecognised
from study.meters.parsing import told_apart

_TOTAL = re.compile(r"total (?P<bytes>[0-9]+)")
# The owner's and the group's name, or numbers; names of a domain may hold spaces. A device has two numbers. The
# time in the styles locale, long-iso, iso, full-iso, and +%F_%T.
_ENTRY = re.compile(
    r"\s*(?P<allocated>[0-9]+)\s+(?P<mode>[-bcdlpsD][-rwxsStT]{9}[.+@]?)\s+[0-9]+\s+\S+\s+\S.*?\s+"
    r"(?P<apparent>[0-9]+|[0-9]+,\s*[0-9]+)\s+"
    r"(?:[A-Z][a-z]{2}\s+[0-9]{1,2}\s+[0-9:]{4,5}"
    r"|(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2}[\s_][0-9:]{5,8}(?:\.[0-9]+ [-+][0-9]{4})?) (?P<name>.+)"
)
# The unit of st_blocks, stat(2).
_BLOCK = 512
# Every ext file system has it; it is the partition's, not the hypervisor's.
_NOT_AN_IMAGE = "lost+found"
# What stands for bytes that are not UTF-8: several names may look the same.
_NOT_TEXT = "\ufffd"


@dataclass
class _Folder:
    """What ls prints of one folder.

    Attributes:
        path: As ls names it.
        total: Allocated bytes of all entries, as ls adds them up; None: not printed yet.
        files: (name, apparent bytes, allocated bytes) of each regular file.
        folders: Names of the folders in it.
        allocated: Bytes of all entries.
    """

    path: str
    total: int | None = None
    files: list[tuple[str, int, int]] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    allocated: int = 0

    def is_whole(self) -> bool:
        """Return whether the entries are those that ls counted, and none is there twice."""
        names = [name for name, *_ in self.files if _NOT_TEXT not in name] + self.folders
        return self.total is not None and abs(self.total - self.allocated) < _BLOCK and len(set(names)) == len(names)


def command(context: Context) -> str:
    """Make the command line for the context's image folder."""
    style = "LC_ALL=C TIME_STYLE=long-iso QUOTING_STYLE=literal"
    return f"{style} ls -lnsR --block-size=1 {shlex.quote(context.image_folder)}"


def parse(text: str) -> list[Number]:
    """Read apparent and allocated bytes of every regular file, and their sums.

    Files are named by their path relative to the folder. Hidden files, directories themselves and
    `lost+found` are left out. An empty folder has sums of 0.

    Raises:
        HvlabError: A line is neither a directory's heading, its total, nor an entry, or a folder's list is not whole.
    """
    files = _regular_files(text)
    numbers = [
        Number("apparent", sum(apparent for _, apparent, _ in files), "B"),
        Number("allocated", sum(allocated for *_, allocated in files), "B"),
    ]
    names = told_apart([name for name, *_ in files])
    for name, (_, apparent, allocated) in zip(names, files, strict=True):
        numbers.append(Number(f"apparent:{name}", apparent, "B"))
        numbers.append(Number(f"allocated:{name}", allocated, "B"))
    return numbers


def _regular_files(text: str) -> list[tuple[str, int, int]]:
    """Return each file's relative path, apparent and allocated bytes."""
    folders = _folders(text)
    root = folders[0].path
    listed = {root, *(posixpath.join(folder.path, name) for folder in folders for name in folder.folders)}
    if [folder.path for folder in folders if folder.path not in listed] or len(listed) != len(folders):
        raise unrecognised("disk", text, "a folder has no list, or a list no folder")
    found = []
    for folder in folders:
        if not folder.is_whole():
            raise unrecognised("disk", text, f"the entries of {folder.path} are not those of its total")
        for name, apparent, allocated in folder.files:
            path = posixpath.relpath(posixpath.join(folder.path, name), root)
            if _NOT_AN_IMAGE not in path.split("/"):
                found.append((path, apparent, allocated))
    return found


def _folders(text: str) -> list[_Folder]:
    """Split the output into folders.

    Raises:
        HvlabError: A line is not of ls, or the last one is cut off.
    """
    folders: list[_Folder] = []
    heading = True  # ls begins every directory's list with its name, after an empty line
    quoted = text.startswith('"')  # QUOTING_STYLE=c
    for line in text.split("\n")[:-1]:
        if not line:
            heading = True
        elif heading and line.endswith(":"):
            folders.append(_Folder(posixpath.normpath(_name(text, line[:-1], quoted))))
            heading = False
        elif folders and folders[-1].total is None and (total := _TOTAL.fullmatch(line)):
            folders[-1].total = int(total["bytes"])
        elif folders and folders[-1].total is not None and not heading and (entry := _ENTRY.fullmatch(line)):
            _add(text, folders[-1], entry, quoted)
        else:
            raise unrecognised("disk", text, f"{line!r} is no line of ls -lsR")
    if not folders or not text.endswith("\n"):
        raise unrecognised("disk", text, "no directory's heading, or no end of line")
    return folders


def _add(text: str, folder: _Folder, entry: re.Match[str], quoted: bool) -> None:
    allocated, kind = int(entry["allocated"]), entry["mode"][0]
    folder.allocated += allocated
    if kind == "-" and not entry["apparent"].isdecimal():
        raise unrecognised("disk", text, f"{entry[0]!r} is a file with a device's numbers")
    if kind == "-":
        folder.files.append((_name(text, entry["name"], quoted), int(entry["apparent"]), allocated))
    elif kind == "d":
        folder.folders.append(_name(text, entry["name"], quoted))


def _name(text: str, name: str, quoted: bool) -> str:
    """Return a name without its quotes, which are those of C.

    Raises:
        HvlabError: It has none.
    """
    if not quoted:
        return name
    try:
        return bytes(ast.literal_eval(f"b{name}")).decode(errors="replace")
    except (ValueError, SyntaxError, TypeError) as error:
        raise unrecognised("disk", text, f"{name} is no name in quotes") from error


METER = Meter(name="disk", title="ls -ls", quantity="disk", command=command, parse=parse)
