"""No reader follows a link out of a study or waits for a pipe in it, wherever it lies."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import HvlabError
from dataset import load
from dataset.files import sha256_of, write_json_atomic
from dataset.journal import NAME, Journal, read_journal
from dataset.models import load_study
from dataset.settling import read_curves
from hypervisors.registry import get_hypervisor
from report.data.sources import capture_info
from report.figures.screenshots import screen, terminal
from report.tables.calibration import read_calibration
from report.tools.ro_crate import write_crate
from study.clock import now
from study.completeness import missing_metadata
from study.factors import factor_mismatches
from study.measure.kernel_log import suspicions
from study.measure.rederive import rederive
from study.progress import progress
from study.screenshots import check_screens
from study.verify import check

STAGE = "runs/kvm-01/captures/vm-1"
FILES = [
    "study.json", "measurements.csv", NAME, "calibration.json", f"{STAGE}/index.json", f"{STAGE}/free.txt",
    f"{STAGE}/factors.txt", f"{STAGE}/dmesg-errors.txt", "runs/kvm-01/screens/index.json",
    "runs/kvm-01/screens/server1.png",
]  # fmt: skip
FOLDERS = [STAGE, "runs/kvm-01/captures", "runs/kvm-01/screens", "runs/kvm-01", "runs"]

Reader = Callable[[Path], object]
READERS: dict[str, Reader] = {
    "check": check,
    "rederive": rederive,
    "completeness": lambda s: missing_metadata(s, load_study(s)),
    "factors": lambda s: factor_mismatches(
        s, load_study(s).runs[0], load_study(s).parameters.as_dict(), get_hypervisor("kvm")
    ),
    "kernel log": lambda s: suspicions(s, load_study(s).runs[0], ["vm-1"]),
    "screens": lambda s: check_screens(s, load_study(s)),
    "progress": lambda s: progress(s, now(), []),
    "load": lambda s: load(s).measurements.to_csv(),
    "journal": lambda s: read_journal(s / NAME),
    "source": lambda s: capture_info(s, f"{STAGE}/uname.txt"),
    "terminal": lambda s: terminal(load(s), "kvm", "vm-1", "free"),
    "screen": lambda s: screen(load(s), "kvm", "server1"),
    "calibration": read_calibration,
    "curves": lambda s: read_curves(s, load_study(s)),
    "crate": lambda s: [path.read_text() for path in write_crate(s, s)],
}


# What tells that a reader has read a file.
MARKS = {
    "study.json": "the mark of the study",
    NAME: "the mark of the journal",
    "calibration.json": "the mark of the calibration",
    f"{STAGE}/index.json": f"# mark of {STAGE}",
    f"{STAGE}/free.txt": "buff/cache",
    "runs/kvm-01/screens/server1.png": "data:image/png;base64,",
}


@pytest.fixture
def study(two: tuple[Path, Path]) -> Path:
    """A whole study with marks in its files."""
    folder = two[0]
    info = json.loads((folder / "study.json").read_text())
    write_json_atomic(folder / "study.json", {**info, "title": MARKS["study.json"]})
    calibration = {"id": MARKS["calibration.json"], "created": "2026-11-22T21:00:00Z", "rows": []}
    (folder / "calibration.json").write_text(json.dumps(calibration))
    Journal(folder / NAME).append("calibration", calibration=MARKS[NAME], sha256=sha256_of(folder / "calibration.json"))
    for index in folder.rglob("captures/*/index.json"):
        entries = json.loads(index.read_text())
        entries["uname.txt"]["command"] = f"# mark of {index.parent.relative_to(folder)}"
        write_json_atomic(index, entries)
    return folder


def outcome(read: Reader, folder: Path) -> str:
    try:
        return str(read(folder))
    except HvlabError as error:
        assert len(str(error).splitlines()) == 1
        return str(error)


def test_all_of_a_whole_study_is_read(study: Path) -> None:
    assert check(study) == []
    told = [outcome(read, study) for read in READERS.values()]
    assert [name for name, mark in MARKS.items() if not any(mark in each for each in told)] == []


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_what_a_link_leads_to_is_not_read(study: Path, name: str) -> None:
    away = study.parent / "away"
    (study / name).rename(away)
    (study / name).symlink_to(away)
    assert outcome(check, study) != "[]"
    secrets = [mark for file, mark in MARKS.items() if f"{file}/".startswith(f"{name}/")]
    # Without its run's folder, the study's other run may be shown.
    told = {reader: outcome(read, study) for reader, read in READERS.items() if reader not in ("terminal", "screen")}
    told["terminal"] = outcome(lambda s: terminal(load(s), "kvm", "vm-1", "free"), study)
    assert [reader for reader, text in told.items() if any(secret in text for secret in secrets)] == []


@pytest.mark.parametrize("name", [*FILES, *FOLDERS])
def test_nobody_waits_for_a_pipe(study: Path, name: str) -> None:
    (study / name).rename(study.parent / "away")
    os.mkfifo(study / name)
    assert outcome(check, study) not in ("", "[]")
    for read in READERS.values():
        outcome(read, study)
