"""One study on the site: its summary and papers, made anew only if the study, the code or the languages changed."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from core.console import say
from core.errors import HvlabError
from core.files import write_atomic
from core.foreign import visible
from core.paths import PROJECT
from dataset import load
from dataset.files import read_bytes, sha256_of
from dataset.folder import clone, hold_study, is_held
from dataset.models import load_study
from report.render import paper
from report.site.summary import Summary, facts_of, summarise

ENTRY_FILE = "entry.json"
State = Literal["finished", "unfinished", "running", "published", "refused"]
_CODE = ("core", "dataset", "report", "templates", "reference", "hypervisors", "factors")
_TEXT = (".py", ".j2", ".css", ".js", ".po", ".toml", ".json", ".csv")
# Errors of this machine, which no other study would be without.
_NOT_THE_STUDYS = ("missing-library", "cannot-write")
# Made from the study, not part of it.
_MADE = ("report",)


@dataclass(frozen=True)
class Entry:
    """A study on the site.

    Attributes:
        key: Its folder in `studies/` of the site.
        name: Its name, for `--study=` if it is no cell of a sweep.
        state: What it is; of a `refused` one nothing but its facts is shown.
        reason: Why it was refused, or why there is nothing to show of it; else "".
        facts: What the list shows (`facts_of`); empty where study.json cannot be read.
        summary: Its numbers; None where there are none.
        papers: Languages in which its papers are there.
        note: Of the cell of a sweep, what it is.
    """

    key: str
    name: str
    state: State
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    summary: Summary | None = None
    papers: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class _Kept:
    """What is kept of an entry in its folder: `entry.json`."""

    digest: str
    summary: Summary
    papers: tuple[str, ...]


_KEPT = TypeAdapter(_Kept)


@dataclass(frozen=True)
class Source:
    """A study that is shown.

    Attributes:
        folder: Where it is read.
        lock: The folder whose lock it has: of a published study, the one that its papers are written to.
        key: Its folder in `studies/` of the site.
        name: Its name.
        note: Of the cell of a sweep, the sweep's title and the cell's values.
    """

    folder: Path
    lock: Path
    key: str
    name: str
    note: str = ""


@dataclass(frozen=True)
class Maker:
    """Makes entries.

    Attributes:
        old: The site as it is; it need not exist.
        new: The folder of the new one.
        languages: Of the papers.
        papers: Whether papers are rendered; those that are there stay.
        check: Raises an error for a study that has problems.
    """

    old: Path
    new: Path
    languages: Sequence[str]
    papers: bool
    check: Callable[[Path], None]

    def make(self, source: Source) -> Entry:
        """Make an entry in the new site; a study with a problem is refused with the reason.

        Raises:
            HvlabError: This machine lacks a library, or the site cannot be written.
        """
        if is_held(source.lock) and not _is_finished(source.folder):
            return _without_numbers(source, "running")
        target = self.new / "studies" / source.key
        try:
            with hold_study(source.lock, shared=True):
                return self._made(source, target)
        except HvlabError as error:
            if error.code in _NOT_THE_STUDYS:
                raise
            if error.code == "nothing-read" and not _is_finished(source.folder):
                return _without_numbers(source, "unfinished", error.message)
            say(error.message, about=f"{source.name} is refused")
            # Where the studies are on this machine is nobody's business.
            reason = error.message.replace(f"{source.folder}/", "").replace(str(source.folder), source.folder.name)
            return _without_numbers(source, "refused", reason)

    def _made(self, source: Source, target: Path) -> Entry:
        digest = digest_of(source.folder)
        before = self.old / "studies" / source.key
        kept = _read(before)
        if kept is None or kept.digest != digest:
            self.check(source.folder)
            kept = _Kept(digest, summarise(load(source.folder)), ())
            (target).mkdir(parents=True)
        else:
            target.parent.mkdir(exist_ok=True)
            clone(before, target)
        lacking = [lang for lang in self.languages if lang not in kept.papers] if self.papers else []
        if lacking:
            say(f"{source.name}: rendering its paper ({', '.join(lacking)})")
        for lang in lacking:
            paper.render(source.folder, target, lang)
            paper.render_html(source.folder, target, lang)
        # Sorted, so that the site is the same whatever was rendered first.
        kept = _Kept(digest, kept.summary, tuple(sorted({*kept.papers, *lacking})))
        write_atomic(target / ENTRY_FILE, _KEPT.dump_json(kept))
        facts = kept.summary.facts
        state: State = "published" if facts["published"] else "finished" if facts["finished"] else "unfinished"
        return Entry(source.key, source.name, state, "", facts, kept.summary, kept.papers, source.note)


def _read(folder: Path) -> _Kept | None:
    """Return what an earlier build kept; None if there is nothing that this version understands."""
    try:
        kept = _KEPT.validate_json((folder / ENTRY_FILE).read_bytes())
    except (OSError, ValidationError):
        return None
    there = all((folder / f"paper.{lang}.{kind}").is_file() for lang in kept.papers for kind in ("html", "pdf"))
    return kept if there else None


def _is_finished(folder: Path) -> bool:
    try:
        return load_study(folder).finished is not None
    except HvlabError:
        return False


def _without_numbers(source: Source, state: State, reason: str = "") -> Entry:
    try:
        facts = facts_of(load_study(source.folder))
    except HvlabError:
        facts = {}
    return Entry(source.key, source.name, state, visible(reason), facts, note=source.note)


def digest_of(folder: Path) -> str:
    """Return a digest of all files of a study, but for what was made from it, and of the code that shows it.

    Raises:
        HvlabError: A file cannot be read, or is no regular file.
    """
    found = hashlib.sha256(code_digest().encode())
    for root, folders, names in os.walk(folder):
        here = Path(root)
        folders[:] = sorted(name for name in folders if not (here == folder and name in _MADE))
        for name in sorted(names):
            path = here / name
            # A link is refused by whatever reads it; here it is only told from another one.
            what = str(path.readlink()) if path.is_symlink() else sha256_of(path)
            found.update(f"{path.relative_to(folder)}\0{what}\0".encode(errors="surrogateescape"))
    return found.hexdigest()


@cache
def code_digest() -> str:
    """Return a digest of the code, templates and catalogs that a page depends on."""
    found = hashlib.sha256()
    for top in _CODE:
        for path in sorted(path for path in (PROJECT / top).rglob("*") if path.suffix in _TEXT and path.is_file()):
            found.update(f"{path.relative_to(PROJECT)}\0".encode() + read_bytes(path) + b"\0")
    return found.hexdigest()
