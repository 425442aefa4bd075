"""Verifies a study: unchanged captures, numbers that follow from them, complete metadata."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.errors import HvlabError
from dataset import load
from dataset.calibration import CALIBRATION_FILE
from dataset.calibration_results import load_results
from dataset.files import sha256_of
from dataset.journal import NAME, read_journal
from dataset.models import RunInfo, StudyInfo, load_study
from dataset.paths import in_study
from dataset.settling import read_curves
from hypervisors.registry import get_hypervisor
from study.completeness import missing_metadata
from study.factors import factor_mismatches
from study.measure.kernel_log import suspicions
from study.measure.rederive import rederive
from study.screenshots import check_manager, check_screens


def check(study_dir: Path) -> list[str]:
    """List the problems of a study, one line each; an empty list: it is valid.

    Args:
        study_dir: The study's folder.

    Raises:
        HvlabError: study.json, measurements.csv or the journal itself cannot be read.
    """
    study = load_study(study_dir)
    problems = _as_report_reads(study_dir, study)
    problems += rederive(study_dir) + missing_metadata(study_dir, study)
    problems += _marks(study_dir, study) + check_screens(study_dir, study)
    problems += check_manager(study_dir, study) + _calibration(study_dir)
    return list(dict.fromkeys(map(_one_line, problems)))


def require_valid(study_dir: Path) -> None:
    """Check that a study has no problem.

    Raises:
        HvlabError: It has one (code `study-has-problems`; names the first).
    """
    if problems := check(study_dir):
        raise HvlabError(
            f"study {load_study(study_dir).id} has problems: {problems[0]}",
            "./invoke study.check lists all",
            code="study-has-problems",
        )


def _one_line(problem: str) -> str:
    """Return a problem without line breaks and control characters: names and texts of the study are in it."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in problem)


def _as_report_reads(study_dir: Path, study: StudyInfo) -> list[str]:
    """List why the report would refuse a study."""
    try:
        dataset = load(study_dir)
    except HvlabError as error:
        return [error.message]
    problems = []
    readers: list[Callable[[], object]] = [
        partial(read_curves, study_dir, study),
        partial(load_results, study_dir),
    ]
    readers += [partial(dataset.derived, name) for name in dict.fromkeys(it.name for it in study.derived)]
    for read in readers:
        try:
            read()
        except HvlabError as error:
            problems.append(error.message)
    printed = {it.name for it in study.meters if it.quantity in ("memory", "cpu", "disk")}
    if not printed & set(dataset.measurements["meter"]):
        problems.append("measurements.csv: no numbers of memory, CPU or disk of a finished run")
    return problems


def _marks(study_dir: Path, study: StudyInfo) -> list[str]:
    """Compare study.json with the captures of each finished run."""
    problems = []
    for run in (run for run in study.runs if run.status == "finished"):
        for compare in (_suspects, _factors):
            try:
                problems += compare(study_dir, study, run)
            except HvlabError as error:
                problems.append(f"{run.name}: {error.message}")
    return problems


def _factors(study_dir: Path, study: StudyInfo, run: RunInfo) -> list[str]:
    return factor_mismatches(study_dir, run, study.parameters.as_dict(), get_hypervisor(run.provider))


def _suspects(study_dir: Path, study: StudyInfo, run: RunInfo) -> list[str]:
    found = suspicions(study_dir, run, study.parameters.stages)
    if found == run.suspect:
        return []
    return [f"{run.name}: its captures show {len(found)} new kernel errors, study.json has {len(run.suspect)}"]


def _calibration(study_dir: Path) -> list[str]:
    """Compare the copy of the calibration with its entry in the journal."""
    entries = [event for event in read_journal(study_dir / NAME) if event["event"] == "calibration"]
    wanted = entries[-1].get("sha256") if entries else None
    try:
        file = in_study(study_dir, CALIBRATION_FILE)
        found = sha256_of(file) if os.path.lexists(file) else None
    except HvlabError as error:
        return [f"{CALIBRATION_FILE}: {error.message}"]
    return [] if found == wanted else [f"{CALIBRATION_FILE}: differs from the one in the journal"]
