"""ro-crate-metadata.json: what a study's folder holds, for machines (RO-Crate 1.1 or later), and REPRODUCING.md."""

import hashlib
import json
from pathlib import Path

from rocrate.rocrate import ROCrate

from core.shell import quote
from dataset import Dataset, load
from dataset.files import read_bytes
from dataset.paths import in_study
from report.render.filters import instant
from report.render.paper import templates, write
from report.tools.reproducing import settings_lines, study_line

METADATA = "ro-crate-metadata.json"
REPRODUCING = "REPRODUCING.md"
_TYPES = {".csv": "text/csv", ".json": "application/json", ".jsonl": "application/jsonl", ".txt": "text/plain",
          ".toml": "application/toml", ".md": "text/markdown", ".png": "image/png"}  # fmt: skip
_DESCRIBED = {
    "study.json": "Parameters, environment and runs of the study",
    "measurements.csv": "One row per number, tidy; the columns are described in docs/reference/dataset.md of hvlab",
    "journal.jsonl": "What happened, one event a line",
    REPRODUCING: "How to take the study again",
}


def write_crate(study_dir: Path, out_dir: Path) -> list[Path]:
    """Write REPRODUCING.md and ro-crate-metadata.json of a study.

    The same study gives the same bytes: dates come from the study.

    Args:
        study_dir: The study's folder; only read, unless it is `out_dir`.
        out_dir: Where both files go: the study's folder, which they then describe.

    Returns:
        Both paths.

    Raises:
        HvlabError: The dataset is not in the form of docs/reference/dataset.md, or a file cannot be read or written.
    """
    dataset = load(study_dir)
    reproducing = (
        templates(dataset.study.hypervisors)
        .get_template("reproducing.md.j2")
        .render(
            study=dataset.study,
            settings=settings_lines(dataset.study),
            command=study_line(dataset.study),
            name=quote(dataset.study.id),
        )
    ).encode()
    write(out_dir / REPRODUCING, reproducing)
    metadata = json.dumps(_crate(dataset, reproducing), ensure_ascii=False, indent=2) + "\n"
    write(out_dir / METADATA, metadata.encode())
    return [out_dir / REPRODUCING, out_dir / METADATA]


def _crate(dataset: Dataset, reproducing: bytes) -> dict[str, object]:
    study = dataset.study
    crate = ROCrate()
    crate.name = study.title
    crate.description = f"Study {study.id} of hvlab: what a hypervisor costs its host"
    crate.datePublished = study.dated
    root = crate.root_dataset
    root["identifier"] = study.id
    root["dateCreated"] = instant(study.created)
    root["license"] = "The study tells no licence"
    if study.source:
        root["isBasedOn"] = study.source
    for path in _files(dataset.folder):
        _add(crate, path, path.relative_to(dataset.folder).as_posix(), read_bytes(path))
    _add(crate, dataset.folder / REPRODUCING, REPRODUCING, reproducing)
    document: dict[str, object] = crate.metadata.generate()
    return document


def _files(folder: Path) -> list[Path]:
    """List the study's files but what is made from them: report/, and this module's own two."""
    found = sorted(path for path in folder.rglob("*") if in_study(folder, str(path.relative_to(folder))).is_file())
    inside = [path for path in found if path.relative_to(folder).parts[0] != "report"]
    return [path for path in inside if path.name not in (METADATA, REPRODUCING) and not path.name.startswith(".")]


def _add(crate: ROCrate, path: Path, name: str, content: bytes) -> None:
    properties = {
        "name": name,
        "contentSize": str(len(content)),
        "sha256": hashlib.sha256(content).hexdigest(),
        "encodingFormat": _TYPES.get(path.suffix, "application/octet-stream"),
    }
    if name in _DESCRIBED:
        properties["description"] = _DESCRIBED[name]
    crate.add_file(dest_path=name, properties=properties)
