"""Verifies a study: captures unchanged, every number following from its capture, everything disclosed."""

from pathlib import Path

from lab.errors import HvlabError
from study.dataset import StudyInfo, load_study, read_measurements
from study.disclosure import undisclosed
from study.kernel_log import suspicions
from study.meters.record import rederive
from study.screens import check_screens


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
    problems += check_screens(study_dir, study)
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
