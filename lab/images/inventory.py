"""`image.list` and `image.prune`: the content of the cache; what the present inputs do not need can be removed."""

import contextlib
import os
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from core.console import cells, result, show
from core.paths import cache_root
from lab.history import PREFIX
from lab.images.acceleration import remembered_answer
from lab.images.boxes import boxes_for
from lab.images.cache import CacheLockedError, NotBuiltError, locked, making_name, manifest, naming
from lab.images.digest import MANIFEST
from lab.images.emulator import emulator
from lab.images.guest import guest_image
from lab.images.host import host_image
from lab.images.install_source import guest_oses
from lab.images.origin import origin_of
from lab.images.wheels import wheels
from lab.media.manifest import MediaMissingError
from lab.settings import Settings
from lab.tools_tree.facts import tree_name

_BUILT = re.compile(r"([a-z][a-z0-9-]*)-([0-9a-f]{16})")
_MAKING = re.compile(r"\.(.+)\.making")


@dataclass(frozen=True)
class Item:
    """Something in the cache.

    Attributes:
        path: File or folder.
        kind: "host", "guest", ... for built things; "unfinished", "lock", "probe", "media".
        key: The hash of its inputs, or what else distinguishes it within its kind.
        size: Bytes on the disk.
        changed: Seconds since 1970.
        used: Whether it stays when the cache is pruned.
    """

    path: Path
    kind: str
    key: str
    size: int
    changed: float
    used: bool

    @property
    def lock(self) -> Path:
        """The lock file of its build and its removal."""
        name = _MAKING.fullmatch(self.path.name)
        return self.path.with_name(f"{name[1] if name else self.path.name.removesuffix('.lock')}.lock")


def requests(settings: Settings) -> Iterator[Callable[[], object]]:
    """Yield functions that request from the cache what the project uses with its present inputs."""
    yield lambda: host_image(origin_of(settings))
    yield emulator
    yield wheels
    for name in {settings.topology.os, *guest_oses()}:
        topology = settings.topology.model_copy(update={"os": name})
        yield lambda topology=topology: boxes_for(guest_image(topology), topology)  # type: ignore[misc]


def _used_names(settings: Settings) -> set[str]:
    """Return the names of the cached things that the present inputs need, and of the tools trees, which sh builds."""
    return wanted_names(requests(settings)) | {tree_name(), tree_name(development=True)}


def wanted_names(requests: Iterable[Callable[[], object]]) -> set[str]:
    """Return the names of the cached things that `requests` need, and of those that went into them.

    Raises:
        HvlabError: A request fails: the settings are wrong.
    """
    with naming() as names:
        for request in requests:
            # Nothing was built from media that are missing.
            with contextlib.suppress(NotBuiltError, MediaMissingError):
                request()
    found: set[str] = set()
    while names:
        name = names.pop()
        if name not in found:
            found.add(name)
            names += _uses(cache_root() / name)
    return found


def _uses(folder: Path) -> list[str]:
    if not (folder / MANIFEST).is_file():
        return []
    uses = manifest(folder).get("uses", [])
    return [str(name) for name in uses] if isinstance(uses, list) else []


def _size(path: Path) -> int:
    paths = [path, *path.rglob("*")] if path.is_dir() else [path]
    total = 0
    for each in paths:
        # Files of a running build come and go.
        with contextlib.suppress(FileNotFoundError):
            total += each.lstat().st_blocks * 512
    return total


def _classify_note(name: str) -> tuple[str, str, bool] | None:
    """Classify what was noted of a machine; None: it is no such file."""
    if name.startswith("accelerator-"):
        return "probe", name.removeprefix("accelerator-"), name == remembered_answer().name
    return ("history", name.removeprefix(PREFIX), True) if name.startswith(PREFIX) else None


def _is_own(folder: Path, kind: str, key: str) -> bool:
    """Return whether a folder has the manifest of the thing that it is named after: others' are not removed."""
    try:
        facts = manifest(folder)
        return (facts.get("kind"), facts.get("key")) == (kind, key) and not folder.is_symlink()
    except (OSError, ValueError, AttributeError):
        return False


def _classify(path: Path, wanted: set[str], there: set[str]) -> tuple[str, str, bool] | None:
    """Return kind, key, and whether it is used; None for files that are not hvlab's."""
    name = path.name
    if name == "media":
        # Fetched by hand or in hours: never removed.
        return "media", ", ".join(sorted(each.name for each in path.iterdir() if each.is_dir())), True
    if note := _classify_note(name):
        return note
    if making := _MAKING.fullmatch(name):
        return "unfinished", making[1], False
    if name.endswith(".lock") and _BUILT.fullmatch(name.removesuffix(".lock")):
        # It is used as long as the thing that it locks.
        thing = name.removesuffix(".lock")
        return "lock", thing, bool({thing, f".{thing}.making"} & there)
    if (built := _BUILT.fullmatch(name)) and _is_own(path, built[1], built[2]):
        return built[1], built[2], name in wanted
    return None


def items(wanted: set[str]) -> list[Item]:
    """Return the content of the cache.

    Args:
        wanted: Names of built things that count as used.
    """
    root = cache_root()
    paths = sorted(root.iterdir()) if root.is_dir() else []
    there = {path.name for path in paths}
    found = []
    for path in paths:
        what = _classify(path, wanted, there)
        with contextlib.suppress(FileNotFoundError):
            if what:
                kind, key, used = what
                found.append(Item(path, kind, key, _size(path), path.stat().st_mtime, used))
    return found


def _opened(process: Path) -> Iterator[str]:
    """Yield the files that a process has open, runs or has mapped; none of another user's process."""
    for link in ("exe", "cwd", *(f"fd/{path.name}" for path in (process / "fd").iterdir())):
        # Closed meanwhile.
        with contextlib.suppress(FileNotFoundError):
            yield str((process / link).readlink())
    for line in (process / "maps").read_text(errors="replace").splitlines():
        yield line[line.find("/") :]


def open_below(folder: Path, processes: Path = Path("/proc")) -> int | None:
    """Return a process that uses a file below `folder`, None if no such process is visible."""
    prefix = f"{folder.resolve()}/"
    for process in processes.glob("[0-9]*"):
        # It ended meanwhile, or is another user's.
        with contextlib.suppress(OSError):
            if any(f"{path}/".startswith(prefix) for path in _opened(process)):
                return int(process.name)
    return None


def _remove(item: Item) -> str:
    """Remove an item that is not in use; return why it was left, or ""."""
    if (process := open_below(item.path) if item.path.is_dir() else None) is not None:
        return f"process {process} has files of it open"
    if item.kind == "probe":
        item.path.unlink(missing_ok=True)
        return ""
    try:
        with locked(item.lock, wait=False):
            if item.path.is_dir():
                aside = making_name(item.path) if item.kind != "unfinished" else item.path
                if aside != item.path:
                    shutil.rmtree(aside, ignore_errors=True)
                    # From here on it counts as not built, however long the removal takes.
                    item.path.rename(aside)
                shutil.rmtree(aside)
            item.lock.unlink(missing_ok=True)
    except CacheLockedError as error:
        return error.message
    return ""


def prune(settings: Settings, *, dry_run: bool) -> Mapping[str, str]:
    """Remove what the present inputs do not need.

    Args:
        settings: The parameters; together with the code they are the inputs.
        dry_run: Only report.

    Returns:
        Name of each thing that could go, and why it was left, or "".
    """
    unused = [item for item in items(_used_names(settings)) if not item.used]
    return {item.path.name: "" if dry_run else _remove(item) for item in unused}


def _age(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def print_items(settings: Settings) -> None:
    """Print what is in the cache: kind, key, size, age, and whether the present inputs need it."""
    table = Table(box=None, pad_edge=False)
    for title, side in (("kind", "left"), ("key", "left"), ("MB", "right"), ("age", "right"), ("in use", "left")):
        table.add_column(title, justify=side, no_wrap=True)  # type: ignore[arg-type]
    found = [item for item in items(_used_names(settings)) if item.kind != "lock"]
    for item in found:
        age = _age(max(0.0, time.time() - item.changed))
        table.add_row(*cells(item.kind, item.key, f"{item.size / 1e6:.0f}", age, "yes" if item.used else "no"))
    # Not narrower for a file or a pipe than the longest key.
    show(table, width=None if os.isatty(1) else 160)
    result(f"{cache_root()}: {sum(item.size for item in found) / 1e9:.1f} GB")
