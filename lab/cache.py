"""Built things, kept under the hash of everything that went into them."""

import ast
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lab.errors import HvlabError
from lab.paths import cache_root
from lab.progress import say

MANIFEST = "manifest.json"


def fingerprint(inputs: Mapping[str, str | Path]) -> str:
    """Return a hash over names, texts and the contents of files and folders (16 hex digits)."""
    digest = hashlib.sha256()
    for name, value in sorted(inputs.items()):
        files = [value] if isinstance(value, Path) else []
        if isinstance(value, Path) and value.is_dir():
            files = sorted(path for path in value.rglob("*") if path.is_file())
        digest.update(name.encode() + b"\0")
        if isinstance(value, str):
            digest.update(value.encode() + b"\0")
        for file in files:
            digest.update(file.name.encode() + b"\0" + _content(file) + b"\0")
    return digest.hexdigest()[:16]


def _content(file: Path) -> bytes:
    """Return what counts of a file: of Python code what it does, not how it is laid out or commented."""
    content = file.read_bytes()
    return ast.dump(ast.parse(content)).encode() if file.suffix == ".py" else content


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that dies with this process, so that two commands do not build the same thing twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"another command builds {path.stem}; waiting for it ...")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def cached(kind: str, inputs: Mapping[str, str | Path], build: Callable[[Path], Mapping[str, object]]) -> Path:
    """Return the folder of a built thing; build it if it is not there.

    Args:
        kind: What it is: "host", "guest", "boxes".
        inputs: Everything that it is made from.
        build: Fills an empty folder and returns what the manifest shall tell (versions, times).

    Raises:
        HvlabError: What `build` raises; nothing half-built is left.
    """
    key = fingerprint(inputs)
    folder = cache_root() / f"{kind}-{key}"
    with _locked(cache_root() / f"{kind}-{key}.lock"):
        if (folder / MANIFEST).is_file():
            return folder
        making = folder.with_name(f".{folder.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        try:
            facts = build(making)
            (making / MANIFEST).write_text(json.dumps({"kind": kind, "key": key, **facts}, indent=2) + "\n")
            os.sync()
            making.rename(folder)
        except OSError as error:
            raise HvlabError(f"building {folder.name}: {error}", f"is there room in {cache_root()}?") from error
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return folder


def manifest(folder: Path) -> dict[str, object]:
    """Return what is known of a built thing."""
    facts: dict[str, object] = json.loads((folder / MANIFEST).read_text())
    return facts
