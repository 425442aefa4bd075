"""A study's folder: it appears whole, and what a crash left in it is cleared away."""

import os
import re
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from core.errors import HvlabError
from core.files import sync_folder

_ASIDE = re.compile(r"\.[0-9-]+\.([0-9]+)\.part")


def new_folder(root: Path, created: datetime, fill: Callable[[Path, str], None]) -> Path:
    """Make the folder of a new study, named after the time.

    Args:
        root: Folder of all studies.
        created: When the study was begun.
        fill: Is given a folder and the study's name, and writes what a study has from its beginning. A crash
            meanwhile leaves no study.

    Raises:
        HvlabError: There are too many of the same second.
    """
    base = created.strftime("%Y%m%d-%H%M%S")
    _clear(root)
    aside = root / f".{base}.{os.getpid()}.part"
    aside.mkdir(parents=True)
    try:
        for name in (base, *(f"{base}-{n}" for n in range(2, 100))):
            if (root / name).exists():
                continue
            fill(aside, name)
            aside.rename(root / name)
            sync_folder(root)
            return root / name
    finally:
        if aside.exists():
            shutil.rmtree(aside)
    raise HvlabError(f"no free name for a study in {root}")


def _clear(root: Path) -> None:
    """Remove folders that were never finished, of processes that are no more."""
    for folder in root.glob(".*.part"):
        match = _ASIDE.fullmatch(folder.name)
        if match and not Path(f"/proc/{match[1]}").exists():
            shutil.rmtree(folder)


def clear_parts(study_dir: Path) -> None:
    """Remove files that a crash left half-written; only for a study that nobody else writes to."""
    for file in study_dir.rglob(".*.part"):
        if file.is_file():
            file.unlink()


def point(link: Path, target: str) -> None:
    """Make a symbolic link lead elsewhere, in one step."""
    aside = link.with_name(f".{link.name}.new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(target)
    aside.replace(link)
