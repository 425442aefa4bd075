"""Published tables as a dataset: `measurements.csv` of a reference study from its `published/*.csv`.

python -m report.published reference/paper-2011
"""

import sys
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from core.errors import HvlabError
from report.data.measurements import COLUMNS
from report.data.names import guests_at

_MEMORY = {"total_mb": "total", "used_mb": "paper_used", "free_mb": "paper_free"}
_STAGE_OF_DISK = "vm-4"
"""The listing of Figure 9 is dated after the fourth guest was made; the study reads disk once."""


def derive(published: Path) -> pd.DataFrame:
    """Bring published numbers into the form of docs/reference/dataset.md.

    Nothing is estimated: memory is taken over as printed, `ls -l` totals are counted in KiB blocks, and only
    the folder's apparent size is a sum (of the listed images).

    Args:
        published: Folder with `memory.csv`, `cpu.csv`, `disk.csv` and `disk_totals.csv`.

    Returns:
        One row per number, columns and units of `measurements.csv`.

    Raises:
        HvlabError: A file is missing or lacks a column.
    """
    rows = [*_memory(published), *_cpu(published), *_disk(published), *_disk_totals(published)]
    return pd.DataFrame(rows, columns=COLUMNS)


def write(reference: Path) -> Path:
    """Write `measurements.csv` of a reference study and return its path; errors as `derive`."""
    path = reference / "measurements.csv"
    derive(reference / "published").to_csv(path, index=False, lineterminator="\n")
    return path


def _read(published: Path, name: str, columns: list[str]) -> list[dict[str, str]]:
    path = published / name
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise HvlabError(f"cannot read {path}: {error}", "a reference study needs its published/*.csv") from error
    missing = [column for column in columns if column not in table.columns]
    if missing:
        raise HvlabError(f"{path}: missing column {', '.join(missing)}", "see the study's README.md")
    return [{column: str(row[column]) for column in columns} for _, row in table.iterrows()]


class _Number(NamedTuple):
    meter: str
    metric: str
    value: str
    unit: str


def _row(provider: str, stage: str, number: _Number, file: str) -> list[object]:
    return [provider, 1, stage, guests_at(stage), *number, f"published/{file}"]


def _memory(published: Path) -> list[list[object]]:
    return [
        _row(it["hypervisor"], it["stage"], _Number("free", metric, it[column], "MiB"), "memory.csv")
        for it in _read(published, "memory.csv", ["hypervisor", "stage", *_MEMORY])
        for column, metric in _MEMORY.items()
    ]


def _cpu(published: Path) -> list[list[object]]:
    return [
        _row(it["hypervisor"], it["stage"], _Number("mpstat", "idle", it["idle_percent"], "percent"), "cpu.csv")
        for it in _read(published, "cpu.csv", ["hypervisor", "stage", "idle_percent"])
    ]


def _disk(published: Path) -> list[list[object]]:
    images = _read(published, "disk.csv", ["hypervisor", "image", "apparent_bytes"])
    sums: dict[str, int] = {}
    for image in images:
        sums[image["hypervisor"]] = sums.get(image["hypervisor"], 0) + int(image["apparent_bytes"])
    listed = [(it["hypervisor"], f"apparent:{it['image']}", it["apparent_bytes"]) for it in images]
    folders = [(provider, "apparent", str(total)) for provider, total in sums.items()]
    return [
        _row(provider, _STAGE_OF_DISK, _Number("disk", metric, value, "B"), "disk.csv")
        for provider, metric, value in [*listed, *folders]
    ]


def _disk_totals(published: Path) -> list[list[object]]:
    totals = _read(published, "disk_totals.csv", ["hypervisor", "directory", "ls_total_kib"])
    return [
        _row(
            it["hypervisor"],
            _STAGE_OF_DISK,
            _Number("disk", "allocated", str(int(it["ls_total_kib"]) * 1024), "B"),
            "disk_totals.csv",
        )
        for it in totals
    ]


if __name__ == "__main__":
    try:
        print(write(Path(sys.argv[1] if len(sys.argv) > 1 else "reference/paper-2011")))
    except HvlabError as problem:
        sys.exit(f"error: {problem}")
