"""Built things, kept under the hash of everything that went into them."""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

from core.console import say
from core.errors import HvlabError
from core.paths import cache_root
from lab.images.code_text import normalised
from lab.images.digest import MANIFEST, computed_digest


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
    """Return what counts of a file: of Python code what it does, not its layout, comments and docstrings."""
    content = file.read_bytes()
    return normalised(content) if file.suffix == ".py" else content


class NotBuiltError(HvlabError):
    """Something is not in the cache, and nothing is to be built now."""

    CODE = "not-built"


class CacheLockedError(HvlabError):
    """Another process holds a lock."""

    CODE = "cache-locked"


@dataclass
class _Scope:
    """Who asks: the build of another thing, or somebody who only wants names."""

    build: bool
    names: list[str] = field(default_factory=list)


_scope: ContextVar[_Scope | None] = ContextVar("scope", default=None)


@contextmanager
def _scoped(*, build: bool) -> Iterator[list[str]]:
    scope = _Scope(build)
    token = _scope.set(scope)
    try:
        yield scope.names
    finally:
        _scope.reset(token)


@contextmanager
def naming() -> Iterator[list[str]]:
    """Build nothing within the block; the list it yields gets the name of each thing that was asked for.

    Asking for a thing that is not there raises `NotBuiltError`, after its name was noted.
    """
    with _scoped(build=False) as names:
        yield names


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold a lock that dies with this process, so that two commands do not build the same thing twice.

    Args:
        path: The lock's file; made if it is missing, and not removed.
        wait: Until another process that has it ends.

    Raises:
        CacheLockedError: If another process has it and `wait` is not set.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if not wait:
                    raise CacheLockedError(f"another command uses {path.stem}") from error
                say(f"another command builds {path.stem}; waiting for it ...")
                fcntl.flock(handle, fcntl.LOCK_EX)
            # `image.prune` removes locks: what was waited for may no longer be the file of that name.
            if path.exists() and path.stat().st_ino == os.fstat(handle.fileno()).st_ino:
                yield
                return


def cached(kind: str, inputs: Mapping[str, str | Path], build: Callable[[Path], Mapping[str, object]]) -> Path:
    """Return the folder of a built thing; build it if it is not there.

    The manifest also gets `uses`, the names of what `build` took from the cache itself, and `digest`, the SHA-256 of
    the content.

    Args:
        kind: What it is: "host", "guest", "boxes".
        inputs: Everything that it is made from.
        build: Fills an empty folder and returns what the manifest shall tell (versions, times).

    Raises:
        HvlabError: What `build` raises; nothing half-built is left but the build's logs, to which errors lead.
    """
    key = fingerprint(inputs)
    folder = cache_root() / f"{kind}-{key}"
    scope = _scope.get()
    if scope:
        scope.names.append(folder.name)
        if not scope.build:
            if not (folder / MANIFEST).is_file():
                raise NotBuiltError(f"{folder.name} is not built")
            return folder
    with locked(cache_root() / f"{folder.name}.lock"):
        if not (folder / MANIFEST).is_file():
            _build(folder, {"kind": kind, "key": key}, build)
    return folder


def _build(folder: Path, facts: dict[str, object], build: Callable[[Path], Mapping[str, object]]) -> None:
    making = making_name(folder)
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    try:
        with _scoped(build=True) as names:
            facts |= build(making)
        facts["uses"] = sorted(set(names))
        facts["digest"] = computed_digest(making)
        (making / MANIFEST).write_text(json.dumps(facts, indent=2) + "\n")
        os.sync()
        making.rename(folder)
    except OSError as error:
        shutil.rmtree(making, ignore_errors=True)
        raise HvlabError(
            f"building {folder.name}: {error}", f"is there room in {cache_root()}?", code="build-failed"
        ) from error
    except BaseException:
        _keep_logs(making)
        raise


def _keep_logs(making: Path) -> None:
    """Remove what a failed build has left but for its logs: the next build of the thing removes those, or pruning."""
    for path in making.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix != ".log":
            path.unlink()
    if not any(making.iterdir()):
        making.rmdir()


def making_name(folder: Path) -> Path:
    """Return what a thing's folder is called while it is built, or removed."""
    return folder.with_name(f".{folder.name}.making")


def manifest(folder: Path) -> dict[str, object]:
    """Return what is known of a built thing."""
    facts: dict[str, object] = json.loads((folder / MANIFEST).read_text())
    return facts
