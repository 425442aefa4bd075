"""Builds the site aside and puts it in its place as a whole; what has not changed is taken from the site before."""

import glob
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.console import say
from core.errors import HvlabError
from core.files import exchange, sync_folder
from core.foreign import visible
from core.lock import hold
from dataset.files import write_json_atomic
from dataset.store import begun, list_studies
from dataset.sweep import list_sweeps, study_folder
from dataset.sweep_reader import load_sweep
from report.i18n.translate import language
from report.site.entry import Entry, Maker, Source
from report.site.pages import write_pages

MARKER = "site.json"
"""By this file a folder is known as a site, which may be replaced."""
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Built:
    """A site.

    Attributes:
        index: Its first page.
        entries: The studies on it, the newest first.
    """

    index: Path
    entries: tuple[Entry, ...]

    @property
    def refused(self) -> list[Entry]:
        """The studies that have a problem."""
        return [it for it in self.entries if it.state == "refused"]


def sources(project: Path) -> list[Source]:
    """List all studies of a project, the newest first, those of the cells of its sweeps, and the published ones.

    Args:
        project: The folder that holds `studies/` and `reference/`.
    """
    own = [Source(it, it, _key(it.name), visible(it.name)) for it in reversed(list_studies(project))]
    published = sorted((path.parent for path in (project / "reference").glob("*/study.json")), key=begun, reverse=True)
    shown = [Source(it, project / "studies" / it.name, f"reference-{_key(it.name)}", it.name) for it in published]
    return own + [it for folder in reversed(list_sweeps(project)) for it in _cells(folder)] + shown


def _cells(folder: Path) -> Iterator[Source]:
    """Yield the studies of a sweep's finished cells; none of a sweep that cannot be read, which report.sweep says."""
    try:
        sweep = load_sweep(folder)
    except HvlabError as error:
        say(error.message, about=f"sweep {folder.name} is left out")
        return
    for cell in sweep.finished_cells:
        study = study_folder(folder, cell)
        values = ", ".join(f"{it.title} {cell.values[it.parameter]} {it.unit}".rstrip() for it in sweep.info.axes)
        note = visible(f"{sweep.info.title}: {values}")
        yield Source(study, study, _key(cell.study), visible(cell.study), note)


def _key(name: str) -> str:
    """Return a name that means the same to every file system and in every address."""
    if _PLAIN.fullmatch(name) and not name.startswith("reference-"):
        return name
    return f"study-{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"


def build(
    folder: Path,
    studies: Sequence[Source],
    check: Callable[[Path], None],
    *,
    languages: Sequence[str] = ("en",),
    papers: bool = True,
) -> Built:
    """Build the site of some studies, or bring it up to date.

    Args:
        folder: Where it is, or will be; its parent must exist.
        studies: The studies, the newest first.
        check: Raises an error for a study that has problems.
        languages: Of the papers.
        papers: Whether papers are rendered that are not there yet.

    Raises:
        HvlabError: The folder holds something else (code `not-a-site`), another command builds it
            (`site-in-use`), a font or a library is missing, or it cannot be written. The site that was there is as it
            was.
    """
    place = folder.resolve()
    _require_site(place)
    for code in languages if papers else ():
        language(code).font_files()
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with _held(place), _aside(place) as aside:
            maker = Maker(place, aside, languages, papers, check)
            entries = tuple(maker.make(source) for source in studies)
            write_pages(aside, entries)
            write_json_atomic(aside / MARKER, {"generator": "hvlab", "studies": len(entries)})
            _publish(aside, place)
    except OSError as error:
        where = error.filename or place
        raise HvlabError(
            f"cannot write the site {place}: {where}: {error.strerror}",
            "check the folder and the free space",
            code="cannot-write",
        ) from error
    return Built(place / "index.html", entries)


def _require_site(place: Path) -> None:
    """Refuse to replace what is no site.

    Raises:
        HvlabError: There is a file, or a folder that holds something else.
    """
    if not place.exists():
        return
    if not place.is_dir() or (not (place / MARKER).is_file() and any(place.iterdir())):
        raise HvlabError(
            f"{place} is there and is no site: it would be replaced",
            "name a new or empty folder: ./invoke report.site FOLDER",
            code="not-a-site",
        )


@contextmanager
def _held(place: Path) -> Iterator[None]:
    def refused(by: str) -> HvlabError:
        return HvlabError(f"another command builds the site {place}: {by}", "wait for it", code="site-in-use")

    lock = place.with_name(f".{place.name}.lock")
    with hold(lock, refused, hint=f"check the permissions of {place.parent}"):
        yield


@contextmanager
def _aside(place: Path) -> Iterator[Path]:
    """Yield a new folder beside a place; it is gone afterwards, whatever happens, and so are those of a crash.

    The site's lock is held: nobody else makes one.
    """
    for left in place.parent.glob(f".{glob.escape(place.name)}.*.part"):
        shutil.rmtree(left)
    aside = place.with_name(f".{place.name}.{os.getpid()}.part")
    (aside / "studies").mkdir(parents=True)
    try:
        yield aside
    finally:
        if aside.exists():
            shutil.rmtree(aside)


def _publish(aside: Path, place: Path) -> None:
    """Put a folder in a place, in one step; what was there is in the folder aside then."""
    if place.exists():
        exchange(aside, place)
    else:
        aside.rename(place)
    sync_folder(place.parent)
