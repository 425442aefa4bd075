"""Where studies lie: from a study's name to its folder."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from core.errors import HvlabError
from dataset.files import UtcTime, parse_json
from dataset.folder import point
from dataset.models import STUDY_FILE
from dataset.paths import in_study
from dataset.sweep import SWEEP_FILE, find_sweep, is_sweep, list_sweeps

LATEST = "latest"
"""Name of the link in `studies/` to the newest finished study."""

_TIME: TypeAdapter[datetime] = TypeAdapter(UtcTime)
_FOLDERS = ("studies", "reference")


def list_studies(project: Path) -> list[Path]:
    """List the folders of the studies that were begun here, finished or not, the oldest first, whatever their names.

    Args:
        project: The folder that holds `studies/` and `reference/`.
    """
    return sorted((folder for folder in _in(project, "studies") if not folder.is_symlink()), key=begun)


def begun(folder: Path) -> tuple[datetime, bool, str]:
    """Return what studies are ordered by: when one was begun; a copy comes before the study that it was made from.

    A study whose study.json cannot be read has the time of its name, or that of the file: it is not passed over.
    """
    facts = _facts(folder)
    try:
        created = _TIME.validate_python(facts.get("created"))
    except ValidationError:
        created = _named_time(folder)
    return created, facts.get("id") == folder.name, folder.name


def point_latest(folder: Path) -> None:
    """Point `latest` to a finished study, unless it points to a newer one; not to a study of a sweep."""
    if is_sweep(folder.parent.parent):
        return
    link = folder.parent / LATEST
    if not (link / STUDY_FILE).is_file() or begun(link.resolve()) < begun(folder):
        point(link, folder.name)


def _facts(folder: Path) -> dict[str, Any]:
    try:
        found = parse_json(in_study(folder, STUDY_FILE))
    except HvlabError:
        return {}
    return found if isinstance(found, dict) else {}


def _named_time(folder: Path) -> datetime:
    try:
        return datetime.strptime(folder.name[: len("YYYYMMDD-HHMMSS")], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp((folder / STUDY_FILE).lstat().st_mtime, UTC)


def _newest_finished(project: Path) -> Path | None:
    """Return the study that the link names; where there is no such link, the newest one that says it is finished."""
    latest = project / "studies" / LATEST
    if latest.is_symlink() and (latest / STUDY_FILE).is_file():
        return latest.resolve()
    finished = [folder for folder in list_studies(project) if _facts(folder).get("finished")]
    return finished[-1] if finished else None


def find_study(project: Path, name: str = "") -> Path:
    """Return the folder of a study.

    Args:
        project: The folder that holds `studies/` and `reference/`.
        name: A name under `studies/`, else under `reference/`, else of a sweep's study. `latest`: the newest finished
            study. Empty: the newest in `studies/`, finished or not.

    Raises:
        HvlabError: There is no such study; the hint lists those there are.
    """
    if not name:
        begun = list_studies(project)
        if not begun:
            raise HvlabError("no study yet", "make one with ./invoke study.all", code="no-study")
        return begun[-1]
    if name == LATEST:
        if found := _newest_finished(project):
            return found
        raise HvlabError("no finished study yet", _what_there_is(project), code="no-study")
    for parent in _FOLDERS:
        folder = project / parent / name
        # Only a plain name: "../x" or "/x" would leave the two folders.
        if Path(name).name == name and (folder / STUDY_FILE).is_file():
            return folder.resolve()
    if Path(name).name == name:
        # A study of a sweep has a name that no other one has.
        for sweep in list_sweeps(project):
            if (sweep / "studies" / name / STUDY_FILE).is_file():
                return (sweep / "studies" / name).resolve()
    raise HvlabError(f"no study {name!r}", _what_there_is(project), code="no-study")


def find_study_or_sweep(project: Path, name: str = "") -> Path:
    """Return the folder of a study or a sweep; arguments and errors as `find_study`; empty: the newest of both."""
    sweeps = list_sweeps(project)
    if name in {folder.name for folder in sweeps}:
        return find_sweep(project, name)
    if name or not sweeps:
        return find_study(project, name)
    studies = list_studies(project)
    return sweeps[-1] if not studies or _sweep_begun(sweeps[-1]) > begun(studies[-1])[0] else studies[-1]


def _sweep_begun(folder: Path) -> datetime:
    try:
        found = parse_json(in_study(folder, SWEEP_FILE))
        return _TIME.validate_python(found.get("created") if isinstance(found, dict) else None)
    except (HvlabError, ValidationError):
        return datetime.fromtimestamp((folder / SWEEP_FILE).lstat().st_mtime, UTC)


def _in(project: Path, parent: str) -> list[Path]:
    return sorted(path.parent for path in (project / parent).glob("[!.]*/" + STUDY_FILE))


def _what_there_is(project: Path) -> str:
    names = [folder.name for parent in _FOLDERS for folder in _in(project, parent) if folder.name != LATEST]
    return f"there is: {', '.join(names)}" if names else "make one with ./invoke study.all"
