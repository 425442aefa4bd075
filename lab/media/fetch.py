"""`image.fetch`: gets the media of a guest OS, verifies them, and takes what was put there by hand."""

import json
import shutil
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from core.console import console, say
from core.errors import HvlabError
from core.files import write_atomic
from lab.images.cache import locked
from lab.media.download import Checksum, Downloader
from lab.media.manifest import Media, media_of, require_media, sha256_of
from lab.media.yum_tree import REPOMD, TreeFile, package_lists, packages

# Packages are many and small: one after the other most of the time would be waiting.
AT_ONCE = 4


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Downloader]:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(what, total=total)
        with Downloader(lambda more: progress.advance(task, more)) as downloader:
            yield downloader


class _Fetch:
    def __init__(self, media: Media) -> None:
        self.media = media

    def urls(self, path: str) -> list[str]:
        return [f"{mirror}/{path}" for mirror in self.media.wanted.mirrors]

    def iso(self) -> None:
        entry = self.media.wanted.iso
        with _bar(self.media.iso.name, None) as downloader:
            downloader.fetch(
                self.urls(entry.path), self.media.iso, Checksum("sha256", entry.sha256), place=str(self.media.folder)
            )

    def _one(self, downloader: Downloader, path: str, checksum: Checksum | None) -> None:
        target = self.media.tree / path
        urls = self.urls(f"{self.media.wanted.tree.path}/{path}")
        downloader.fetch(urls, target, checksum, place=str(target.parent))

    def _all(self, what: str, files: Iterable[TreeFile]) -> None:
        wanted = list(files)
        total = sum(file.size for file in wanted)
        self._require_room(wanted)
        with _bar(what, total or None) as downloader, ThreadPoolExecutor(AT_ONCE) as pool:
            jobs = [pool.submit(self._one, downloader, file.path, file.checksum) for file in wanted]
            try:
                for job in jobs:
                    job.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _require_room(self, wanted: Iterable[TreeFile]) -> None:
        needed = sum(file.size for file in wanted if not (self.media.tree / file.path).exists())
        free = shutil.disk_usage(self.media.folder).free
        if needed > free:
            raise HvlabError(
                f"the install tree needs {needed / 1e9:.1f} GB more, {free / 1e9:.1f} GB are free",
                f"make room in {self.media.folder}, or set HVLAB_CACHE to another disk",
                code="too-little-disk",
            )

    def tree(self) -> None:
        entry = self.media.wanted.tree
        pinned = Checksum("sha256", entry.repomd_sha256) if entry.repomd_sha256 else None
        with _bar("install tree: what anaconda starts from", None) as downloader:
            self._one(downloader, REPOMD, pinned)
            lists = package_lists((self.media.tree / REPOMD).read_bytes())
            for path in entry.files:
                self._one(downloader, path, None)
        self._all("install tree: package lists", lists.values())
        named = list(packages(self.media.tree / lists["primary"].path))
        self._all(f"install tree: {len(named)} packages", named)
        self._record(len(named), [REPOMD, *entry.files])

    def _record(self, count: int, unnamed: Iterable[str]) -> None:
        """Write what was found, or, if that was done before, hold it against what is there now."""
        found = {path: sha256_of(self.media.tree / path) for path in unnamed}
        before = _recorded(self.media.checked)
        if changed := [path for path, value in found.items() if before.get(path, value) != value]:
            raise HvlabError(
                f"{self.media.tree}: {changed[0]} is not what was fetched before",
                f"remove {self.media.checked} if that was on purpose, else the whole tree",
                code="wrong-file",
            )
        facts = {"repomd_sha256": found[REPOMD], "packages": count, "sha256": found}
        write_atomic(self.media.checked, (json.dumps(facts, indent=2) + "\n").encode())
        if not self.media.wanted.tree.repomd_sha256:
            say(f"install tree: {count} packages fit its own repodata; no source says what it must be ({REPOMD}:")
            say(f"sha256 {found[REPOMD]}). It will be noticed if it changes.")


def _recorded(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        return dict(json.loads(path.read_text())["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise HvlabError(f"{path} cannot be read: {error}", "remove it and run this again") from error


def fetch(os_name: str) -> Media:
    """Download what is missing of a guest OS's media (some GB), verify all of it, and return it.

    What was put into the media folder by hand is verified and kept. An interrupted download goes on at the next call.

    Raises:
        HvlabError: If something cannot be had, or is wrong: nothing half-made has its final name then.
    """
    media = media_of(os_name)
    media.folder.mkdir(parents=True, exist_ok=True)
    work = _Fetch(media)
    with locked(media.folder.with_name(f"{os_name}.lock")):
        work.iso()
        work.tree()
    return require_media(os_name)
