"""Files of a lab on a host: a folder is marked with its owner, which then owns the files in it."""

from pathlib import Path

from core.resources.base import Resource

LIBRARY = Path(__file__).with_name("files.sh").read_text()


def marked_folder(path: str, owner: str) -> Resource:
    """Return a folder for a lab's files, which may exist already; removed if the lab created it and it is empty."""
    return Resource("folder", path, "folder", (path, owner), (LIBRARY,), creates=True, proves=True)


def tree(path: str, owner: str) -> Resource:
    """Return a folder that is the lab's with everything in it."""
    return Resource("folder", path, "tree", (path, owner), (LIBRARY,), creates=True)


def file_in(folder: str, name: str, owner: str, kind: str = "file") -> Resource:
    """Return a file in a folder of `marked_folder`, which another program creates."""
    return Resource(kind, f"{folder}/{name}", "file", (f"{folder}/{name}", folder, owner), (LIBRARY,))


def files_in(folder: str, prefix: str, owner: str, kind: str = "file") -> Resource:
    """Return all files of a folder whose names begin with a prefix."""
    return Resource(kind, f"{folder}/{prefix}*", "files", (f"{folder}/{prefix}", folder, owner), (LIBRARY,))


def link(path: str, target: str) -> Resource:
    """Return a link to a folder; it is the lab's if it leads to that or into it."""
    return Resource("link", path, "link", (path, target), (LIBRARY,), creates=True, remembers="optional")
