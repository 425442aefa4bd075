"""From a study's name to its folder. Unlike the report's search it also finds studies that are not finished."""

from pathlib import Path

from core.errors import HvlabError
from dataset.models import STUDY_FILE


def taken(project: Path) -> list[Path]:
    """List the folders of the studies that were begun here, the oldest first."""
    folders = sorted(path.parent for path in (project / "studies").glob("[!.]*/" + STUDY_FILE))
    # `latest` is a link to one of them.
    return [folder for folder in folders if not folder.is_symlink()]


def find(project: Path, study_id: str = "") -> Path:
    """Return the folder of a study.

    Args:
        project: The folder that holds `studies/` and `reference/`.
        study_id: A name under `studies/`, else under `reference/`; empty: the newest in `studies/`, finished or not.

    Raises:
        HvlabError: There is none; tells which there are.
    """
    studies = taken(project)
    if not study_id:
        if not studies:
            raise HvlabError("no study yet", "make one with ./invoke study.all", code="no-study")
        return studies[-1]
    for parent in ("studies", "reference"):
        folder = project / parent / study_id
        # Only a plain name: "../x" or "/x" would leave the two folders.
        if Path(study_id).name == study_id and (folder / STUDY_FILE).is_file():
            return folder.resolve()
    published = sorted(path.parent for path in (project / "reference").glob("*/" + STUDY_FILE))
    known = ", ".join(folder.name for folder in [*studies, *published])
    raise HvlabError(f"no study {study_id!r}", f"there is: {known or 'none yet'}", code="no-study")
