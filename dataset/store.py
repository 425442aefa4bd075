"""Where studies lie: from a study's name to its folder."""

from pathlib import Path

from core.errors import HvlabError
from dataset.models import STUDY_FILE

LATEST = "latest"
"""Name of the link in `studies/` to the newest finished study."""

_FOLDERS = ("studies", "reference")


def list_studies(project: Path) -> list[Path]:
    """List the folders of the studies that were begun here, finished or not, the oldest first.

    Args:
        project: The folder that holds `studies/` and `reference/`.
    """
    return [folder for folder in _in(project, "studies") if not folder.is_symlink()]


def find_study(project: Path, name: str = "") -> Path:
    """Return the folder of a study.

    Args:
        project: The folder that holds `studies/` and `reference/`.
        name: A name under `studies/`, else under `reference/`. `latest`: the newest finished study. Empty: the newest
            in `studies/`, finished or not.

    Raises:
        HvlabError: There is no such study; the hint lists those there are.
    """
    if not name:
        begun = list_studies(project)
        if not begun:
            raise HvlabError("no study yet", "make one with ./invoke study.all", code="no-study")
        return begun[-1]
    if name == LATEST:
        latest = project / "studies" / LATEST
        if not (latest / STUDY_FILE).is_file():
            raise HvlabError("no finished study yet", _what_there_is(project), code="no-study")
        return latest.resolve()
    for parent in _FOLDERS:
        folder = project / parent / name
        # Only a plain name: "../x" or "/x" would leave the two folders.
        if Path(name).name == name and (folder / STUDY_FILE).is_file():
            return folder.resolve()
    raise HvlabError(f"no study {name!r}", _what_there_is(project), code="no-study")


def _in(project: Path, parent: str) -> list[Path]:
    return sorted(path.parent for path in (project / parent).glob("[!.]*/" + STUDY_FILE))


def _what_there_is(project: Path) -> str:
    names = [folder.name for parent in _FOLDERS for folder in _in(project, parent) if folder.name != LATEST]
    return f"there is: {', '.join(names)}" if names else "make one with ./invoke study.all"
