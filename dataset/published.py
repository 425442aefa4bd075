"""Published tables as a dataset: `measurements.csv` of a reference study from its `published/*.csv`.

python -m dataset.published reference/paper-2011
"""

import csv
import io
import sys
from collections.abc import Sequence
from pathlib import Path

from core.errors import HvlabError
from dataset.descriptors import Unit
from dataset.files import read_bytes
from dataset.measurements import MEASUREMENTS_FILE, Measurement, write_measurements
from dataset.stages import guests_at

_MEMORY = {"total_mb": "total", "used_mb": "paper_used", "free_mb": "paper_free"}
_STAGE_OF_DISK = "vm-4"
"""The listing of Figure 9 is dated after the fourth guest was made; the study reads disk once."""


def derive(published: Path) -> list[Measurement]:
    """Bring published numbers into the form of docs/reference/dataset.md.

    Nothing is estimated: memory is taken over as printed, `ls -l` totals are counted in KiB blocks, and only
    the folder's apparent size is a sum (of the listed images).

    Args:
        published: Folder with `memory.csv`, `cpu.csv`, `disk.csv` and `disk_totals.csv`.

    Returns:
        One row per number.

    Raises:
        HvlabError: A file is missing or lacks a column, or a value is no number.
    """
    return [*_memory(published), *_cpu(published), *_disk(published), *_disk_totals(published)]


def write(reference: Path) -> Path:
    """Write `measurements.csv` of a reference study and return its path; errors as `derive`."""
    write_measurements(reference, derive(reference / "published"))
    return reference / MEASUREMENTS_FILE


def _read(published: Path, name: str, columns: Sequence[str]) -> list[dict[str, str]]:
    path = published / name
    try:
        table = list(csv.DictReader(io.StringIO(read_bytes(path).decode(), newline=""), strict=True))
    except (ValueError, csv.Error) as error:
        raise HvlabError(f"cannot read {path}: {error}", "see the study's README.md") from error
    present = table[0] if table else {}
    if missing := [column for column in columns if column not in present]:
        raise HvlabError(
            f"{path}: missing column {', '.join(missing)}", "see the study's README.md", code="invalid-dataset"
        )
    return [{column: row[column] or "" for column in columns} for row in table]


def _number(text: str, file: str) -> int | float:
    try:
        return float(text) if "." in text else int(text)
    except ValueError as error:
        raise HvlabError(f"{file}: {text!r} is no number", "see the study's README.md") from error


def _row(place: tuple[str, str], meter: str, metric: str, value: tuple[int | float, Unit], file: str) -> Measurement:
    provider, stage = place
    return Measurement(provider, 1, stage, guests_at(stage), meter, metric, *value, f"published/{file}")


def _memory(published: Path) -> list[Measurement]:
    file = "memory.csv"
    return [
        _row((it["hypervisor"], it["stage"]), "free", metric, (_number(it[column], file), "MiB"), file)
        for it in _read(published, file, ["hypervisor", "stage", *_MEMORY])
        for column, metric in _MEMORY.items()
    ]


def _cpu(published: Path) -> list[Measurement]:
    file = "cpu.csv"
    return [
        _row((it["hypervisor"], it["stage"]), "mpstat", "idle", (_number(it["idle_percent"], file), "percent"), file)
        for it in _read(published, file, ["hypervisor", "stage", "idle_percent"])
    ]


def _disk(published: Path) -> list[Measurement]:
    file = "disk.csv"
    images = [
        (it["hypervisor"], it["image"], _number(it["apparent_bytes"], file))
        for it in _read(published, file, ["hypervisor", "image", "apparent_bytes"])
    ]
    sums: dict[str, int | float] = {}
    for provider, _, size in images:
        sums[provider] = sums.get(provider, 0) + size
    listed = [(provider, f"apparent:{image}", size) for provider, image, size in images]
    folders = [(provider, "apparent", total) for provider, total in sums.items()]
    return [
        _row((provider, _STAGE_OF_DISK), "disk", metric, (value, "B"), file)
        for provider, metric, value in [*listed, *folders]
    ]


def _disk_totals(published: Path) -> list[Measurement]:
    file = "disk_totals.csv"
    return [
        _row(
            (it["hypervisor"], _STAGE_OF_DISK),
            "disk",
            "allocated",
            (1024 * _number(it["ls_total_kib"], file), "B"),
            file,
        )
        for it in _read(published, file, ["hypervisor", "directory", "ls_total_kib"])
    ]


if __name__ == "__main__":
    try:
        print(write(Path(sys.argv[1] if len(sys.argv) > 1 else "reference/paper-2011")))
    except HvlabError as problem:
        sys.exit(f"error: {problem}")
