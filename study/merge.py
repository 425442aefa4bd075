"""Merges the runs of a study from another host into one of this project."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

from core.errors import HvlabError
from dataset.captures import capture_path, run_name
from dataset.journal import NAME, Journal, read_journal
from dataset.measurements import append_measurements, drop_run, read_measurements
from dataset.models import RunInfo, StudyInfo, load_study, save_study
from dataset.paths import require_no_links
from study.completeness import UNFINISHED
from study.describe import merged, merged_title
from study.plan import parameter_differences, require_measured
from study.verify import check

# Events that belong to a run: how the host settled, what was repeated.
_ABOUT_RUN = {
    "settling",
    "read",
    "read again",
    "connection retried",
    "brought up again",
    "kernel errors",
    "run begins",
    "run ends",
    "run is begun again",
}


def import_runs(study_dir: Path, other_dir: Path) -> list[str]:
    """Copy every finished run of another study into this one, as further repeats.

    Args:
        study_dir: The folder of the finished study to add to.
        other_dir: The other study's folder; it is not changed.

    Returns:
        The names that the runs have here.

    Raises:
        HvlabError: One of the studies has problems (`study.check`), they differ in a parameter, in the accelerator or
            in a version (named), or the runs were imported before. Nothing is changed then.
    """
    study, other = load_study(study_dir), load_study(other_dir)
    for folder, info in ((study_dir, study), (other_dir, other)):
        _require_valid(folder, info)
    if differences := parameter_differences(_likeness(study), _likeness(other)):
        raise HvlabError(
            f"the studies {study.id} and {other.id} differ: {', '.join(differences)}",
            "only runs with the same parameters can be merged",
        )
    pairs = [(run, _as_here(study, other, run)) for run in other.runs]
    names = []
    for theirs, ours in pairs:
        _copy(study_dir, other_dir, theirs, ours)
        names.append(ours.name)
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
    # From here on the runs count; a repeated import drops what a crash before this left.
    save_study(study_dir, study)
    Journal(study_dir / NAME).append("runs are imported", origin=other.id, runs=names)
    return names


def _require_valid(folder: Path, info: StudyInfo) -> None:
    require_measured(info)
    # Leftovers of an interrupted import are no problem of the study; they are dropped below.
    problems = [line for line in check(folder) if not line.endswith(UNFINISHED)]
    if problems:
        raise HvlabError(f"study {info.id} has problems: {problems[0]}", "./invoke study.check lists all")


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
            raise HvlabError(f"{run.name} of study {other.id} was imported before, as {here.name}")
    taken = [here.repeat for here in study.runs if here.provider == run.provider]
    before = [theirs for theirs in other.runs if theirs.provider == run.provider and theirs.repeat < run.repeat]
    repeat = max(taken, default=0) + len(before) + 1
    hardware = [part.model_dump() for part in other.environment.hardware]
    host = {"controller": other.environment.controller, "hardware": hardware}
    name = run_name(run.provider, repeat)
    return run.model_copy(update={"name": name, "repeat": repeat, "origin": origin, "host": host})


def _stamp(run: RunInfo) -> str | None:
    return run.started.isoformat() if run.started else None


def _copy(study_dir: Path, other_dir: Path, theirs: RunInfo, ours: RunInfo) -> None:
    """Copy captures, rows and journal of one run under its new name."""
    drop_run(study_dir, ours.provider, ours.repeat)
    target = study_dir / "runs" / ours.name
    require_no_links(other_dir / "runs" / theirs.name)
    shutil.copytree(other_dir / "runs" / theirs.name, target)
    os.sync()
    rows = [
        replace(
            row,
            repeat=ours.repeat,
            capture=capture_path(ours.provider, ours.repeat, row.stage, Path(row.capture).stem),
        )
        for row in read_measurements(other_dir)
        if (row.provider, row.repeat) == (theirs.provider, theirs.repeat)
    ]
    append_measurements(study_dir, rows)
    journal = Journal(study_dir / NAME)
    for event in read_journal(other_dir / NAME):
        mine = event.get("run") == theirs.name or (event.get("provider"), event.get("repeat")) == (
            theirs.provider,
            theirs.repeat,
        )
        if mine and event["event"] in _ABOUT_RUN:
            facts = {key: value for key, value in event.items() if key not in {"event", "time", "run", "repeat"}}
            names = {"run": ours.name} if "run" in event else {"repeat": ours.repeat}
            journal.append(event["event"], **facts, **names, happened=event["time"])
