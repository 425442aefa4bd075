"""The digest of a finished study: what sweep.json keeps of each of its studies."""

import hashlib
from pathlib import Path

from dataset.captures import INDEX_FILE
from dataset.files import sha256_of
from dataset.journal import NAME
from dataset.measurements import MEASUREMENTS_FILE
from dataset.models import STUDY_FILE
from dataset.paths import in_study


def study_digest(folder: Path) -> str:
    """Return one SHA-256 of study.json, measurements.csv, the journal and the indexes, which have the captures'.

    What is made from a study (`report/`) does not count.

    Raises:
        HvlabError: One of the files cannot be read.
    """
    indexes = sorted(str(path.relative_to(folder)) for path in (folder / "runs").rglob(INDEX_FILE))
    digest = hashlib.sha256()
    for name in (STUDY_FILE, MEASUREMENTS_FILE, NAME, *indexes):
        digest.update(f"{sha256_of(in_study(folder, name))}  {name}\n".encode())
    return digest.hexdigest()
