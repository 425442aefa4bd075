"""Merges the runs of a study from another host into one of this project.

All is made beside the study, in a folder that has the study's own files under a second name, and takes the study's
place in one step. Until then the study is as it was; what is left of a killed import is removed by the next one.
"""

import glob
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.console import say
from core.errors import HvlabError
from core.files import exchange, sync_folder, write_atomic
from dataset.captures import capture_path, run_name
from dataset.folder import clone, hold_study
from dataset.journal import NAME, event_line, read_journal, whole_lines
from dataset.measurements import Measurement, append_measurements, read_measurements
from dataset.models import RunInfo, StudyInfo, load_study, save_study
from study.describe import merged, merged_title
from study.intake import copy_study
from study.plan import parameter_differences, require_measured
from study.verify import require_valid

# Events that belong to a run: how the host settled, what was repeated.
_ABOUT_RUN = {
    "settling",
    "read",
    "read again",
    "connection retried",
    "brought up again",
    "guest failed",
    "kernel errors",
    "run begins",
    "run ends",
    "run is begun again",
}


def import_runs(study_dir: Path, other_dir: Path) -> list[str]:
    """Copy every finished run of another study into this one, as further repeats.

    Args:
        study_dir: The folder of the finished study to add to.
        other_dir: The other study's folder; it is only read.

    Returns:
        The names that the runs have here.

    Raises:
        HvlabError: One of the studies has problems (`study.check`), they differ in a parameter, in the accelerator or
            in a version (named), the runs were imported before, the other folder has something else than files, or
            another command uses the study. Whatever happens, the study is as it was, or has all runs.
    """
    study_dir = study_dir.resolve()
    load_study(study_dir)
    try:
        with hold_study(study_dir), _aside(study_dir) as aside:
            theirs, whole = aside / "theirs", aside / "whole"
            study, other = load_study(study_dir), copy_study(other_dir, theirs)
            pairs = _pairs(study_dir, study, theirs, other)
            clone(study_dir, whole)
            _add(whole, study, theirs, other, pairs)
            _require_valid(whole, study)
            # On the disk before it has the study's name.
            os.sync()
            exchange(whole, study_dir)
            sync_folder(study_dir.parent)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise HvlabError(
            f"importing into study {study_dir.name} failed: {error.strerror}{where}",
            "the study is as it was before",
            code="import-failed",
        ) from error
    return [ours.name for _, ours in pairs]


@contextmanager
def _aside(study_dir: Path) -> Iterator[Path]:
    """Make a folder beside a study, and remove it at the end with all that is in it; the study is held."""
    for left in study_dir.parent.glob(f".{glob.escape(study_dir.name)}.*.import"):
        shutil.rmtree(left)
    aside = study_dir.with_name(f".{study_dir.name}.{os.getpid()}.import")
    aside.mkdir(0o700)
    try:
        yield aside
    finally:
        try:
            shutil.rmtree(aside)
        except OSError as error:
            # It takes room, and is no reason to call an import failed that succeeded.
            say(f"{aside} ({error.strerror}); the next import removes it", about="not removed")


def _pairs(study_dir: Path, study: StudyInfo, theirs: Path, other: StudyInfo) -> list[tuple[RunInfo, RunInfo]]:
    """Return the runs to be imported, each as it is there and as it will be here.

    Raises:
        HvlabError: See `import_runs`.
    """
    for folder, info in ((study_dir, study), (theirs, other)):
        _require_valid(folder, info)
    if differences := parameter_differences(_likeness(study), _likeness(other)):
        raise HvlabError(
            f"the studies {study.id} and {other.id} differ: {', '.join(differences)}",
            "only runs with the same parameters can be merged",
            code="unlike-studies",
        )
    return [(run, _as_here(study, other, run)) for run in other.runs]


def _add(whole: Path, study: StudyInfo, theirs: Path, other: StudyInfo, pairs: list[tuple[RunInfo, RunInfo]]) -> None:
    """Add the runs to a folder that has the study's files; each changed file is a new one."""
    events = read_journal(theirs / NAME)
    lines = [line + b"\n" for line in whole_lines(whole / NAME)]
    for run, ours in pairs:
        (theirs / "runs" / run.name).rename(whole / "runs" / ours.name)
        lines += [_event_here(event, ours) for event in events if _is_of(event, run)]
    here = {(run.provider, run.repeat): ours for run, ours in pairs}
    append_measurements(whole, [_row_here(row, here[row.provider, row.repeat]) for row in read_measurements(theirs)])
    names = [ours.name for _, ours in pairs]
    lines.append(event_line("runs are imported", {"origin": other.id, "runs": names}))
    write_atomic(whole / NAME, b"".join(lines))
    study.runs += [ours for _, ours in pairs]
    providers = dict.fromkeys(run.provider for run in study.runs)
    study.parameters.providers = list(providers)
    study.parameters.repeats = max(run.repeat for run in study.runs)
    study.parameters.disk_strategy = {**other.parameters.disk_strategy, **study.parameters.disk_strategy}
    study.environment.versions = {**other.environment.versions, **study.environment.versions}
    described = merged(study, other)
    study.title = merged_title(study.title, study.hypervisors, described.hypervisors)
    study.hypervisors, study.meters = described.hypervisors, described.meters
    study.factors, study.derived = described.factors, described.derived
    save_study(whole, study)


def _require_valid(folder: Path, info: StudyInfo) -> None:
    require_measured(info)
    require_valid(folder)


def _likeness(study: StudyInfo) -> dict[str, object]:
    """Return what must be equal for runs to be comparable; hardware may differ, which is the purpose of merging."""
    # The components' own versions; package versions change with every update of the distribution.
    wanted = {name: version for name, version in study.environment.versions.items() if not name.startswith("package ")}
    return {
        **study.parameters.as_dict(),
        "accelerator": study.environment.accelerator,
        "kind": study.environment.kind,
        "versions": wanted,
    }


def _as_here(study: StudyInfo, other: StudyInfo, run: RunInfo) -> RunInfo:
    """Return the run with the next free repeat of this study.

    Raises:
        HvlabError: It was imported before, or is this study's own.
    """
    # A run that was imported there is identified by its first origin.
    origin = run.origin or {"study": other.id, "run": run.name, "started": _stamp(run)}
    for here in study.runs:
        if origin in (here.origin, {"study": study.id, "run": here.name, "started": _stamp(here)}):
            raise HvlabError(
                f"{run.name} of study {other.id} was imported before, as {here.name}", code="imported-before"
            )
    taken = [here.repeat for here in study.runs if here.provider == run.provider]
    before = [theirs for theirs in other.runs if theirs.provider == run.provider and theirs.repeat < run.repeat]
    repeat = max(taken, default=0) + len(before) + 1
    hardware = [part.model_dump() for part in other.environment.hardware]
    # Of a run that was imported there, the host on which it ran.
    host = run.host or {"controller": other.environment.controller, "hardware": hardware}
    name = run_name(run.provider, repeat)
    return run.model_copy(update={"name": name, "repeat": repeat, "origin": origin, "host": host})


def _stamp(run: RunInfo) -> str | None:
    return run.started.isoformat() if run.started else None


def _row_here(row: Measurement, ours: RunInfo) -> Measurement:
    capture = capture_path(ours.provider, ours.repeat, row.stage, Path(row.capture).stem)
    return replace(row, repeat=ours.repeat, capture=capture)


def _is_of(event: dict[str, Any], run: RunInfo) -> bool:
    mine = event.get("run") == run.name or (event.get("provider"), event.get("repeat")) == (run.provider, run.repeat)
    return mine and event["event"] in _ABOUT_RUN


def _event_here(event: dict[str, Any], ours: RunInfo) -> bytes:
    """Return the line of an event under the run's name here; it keeps the time at which it happened there."""
    names = {key: value for key, value in (("run", ours.name), ("repeat", ours.repeat)) if key in event}
    # An event that was imported there has it already.
    return event_line(event["event"], {"happened": event["time"], **event, **names})
