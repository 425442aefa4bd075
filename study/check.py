"""Verifies a study: captures unchanged, every number following from its capture, everything disclosed."""

from pathlib import Path

from lab.errors import HvlabError
from study.calibration.record import CALIBRATION_FILE
from study.dataset import StudyInfo, load_study, read_measurements
from study.disclosure import undisclosed
from study.files import sha256_of
from study.journal import NAME, read_journal
from study.kernel_log import suspicions
from study.meters.record import rederive


def check(study_dir: Path) -> list[str]:
    """List all that is wrong with a study, one line each; none: it is whole.

    Args:
        study_dir: The study's folder.

    Raises:
        HvlabError: study.json, measurements.csv or the journal itself cannot be read.
    """
    study = load_study(study_dir)
    problems = rederive(study_dir) + undisclosed(study_dir, study)
    problems += _suspects(study_dir, study)
    problems += _calibration(study_dir)
    if not read_measurements(study_dir):
        problems.append("measurements.csv: no numbers")
    return list(dict.fromkeys(problems))


def _suspects(study_dir: Path, study: StudyInfo) -> list[str]:
    """Compare each run's marks with what its captures of the kernel's log give."""
    problems = []
    for run in study.runs:
        if run.status != "finished":
            continue
        try:
            found = suspicions(study_dir, run, study.parameters.get("stages", []))
        except HvlabError as error:
            problems.append(f"{run.name}: {error.message}")
            continue
        if found != run.suspect:
            problems.append(
                f"{run.name}: its captures show {len(found)} new kernel errors, study.json tells {len(run.suspect)}"
            )
    return problems


def _calibration(study_dir: Path) -> list[str]:
    """Compare the copy of the calibration with what the journal tells of it."""
    told = [event for event in read_journal(study_dir / NAME) if event["event"] == "calibration"]
    file = study_dir / CALIBRATION_FILE
    wanted = told[-1].get("sha256") if told else None
    if (sha256_of(file) if file.is_file() else None) == wanted:
        return []
    return [f"{CALIBRATION_FILE}: not the one that the journal tells of"]
