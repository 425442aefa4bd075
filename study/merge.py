"""Merges the runs of a study that was taken on another host into one that was taken here."""

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
from study.describe import merged
from study.plan import require_taken, unlike
from study.verify import check

# Events of a run that its reader needs: how the host settled, what was tried twice.
_ABOUT_RUN = {"settling", "read", "brought up again", "kernel errors", "run begins", "run ends", "run is begun again"}


def import_runs(study_dir: Path, other_dir: Path) -> list[str]:
    """Copy every finished run of another study into this one, as further repeats.

    Args:
        study_dir: The folder of the study that is added to; finished.
        other_dir: The other study's folder; it is not changed.

    Returns:
        The names that the runs have here.

    Raises:
        HvlabError: One of the studies is not whole (`study.check`), they differ in a parameter, in the accelerator or
            in a version (named), or the runs are here already. Nothing is changed then.
    """
    study, other = load_study(study_dir), load_study(other_dir)
    for folder, info in ((study_dir, study), (other_dir, other)):
        _require_whole(folder, info)
    if differences := unlike(_likeness(study), _likeness(other)):
        raise HvlabError(
            f"the studies {study.id} and {other.id} are unlike: {', '.join(differences)}",
            "only like runs can be merged",
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
    study.hypervisors, study.meters = described.hypervisors, described.meters
    study.factors, study.derived = described.factors, described.derived
    # Only now the runs count; what a crash before this left is dropped when the import is tried again.
    save_study(study_dir, study)
    Journal(study_dir / NAME).append("runs are imported", origin=other.id, runs=names)
    return names


def _require_whole(folder: Path, info: StudyInfo) -> None:
    require_taken(info)
    # Leftovers of an import that was cut off are no fault of the study; they are dropped below.
    problems = [line for line in check(folder) if "no finished run" not in line]
    if problems:
        raise HvlabError(f"study {info.id} is not whole: {problems[0]}", "./invoke study.check lists all")


def _likeness(study: StudyInfo) -> dict[str, object]:
    """Return what must be the same for runs to be comparable; hardware may differ, that is what importing is for."""
    # The components' own versions; those of the packages around them change with every update of the distribution.
    wanted = {name: version for name, version in study.environment.versions.items() if not name.startswith("package ")}
    return {
        **study.parameters.as_dict(),
        "accelerator": study.environment.accelerator,
        "kind": study.environment.kind,
        "versions": wanted,
    }


def _as_here(study: StudyInfo, other: StudyInfo, run: RunInfo) -> RunInfo:
    """Return the run as it is entered here, with the next free repeat.

    Raises:
        HvlabError: It was imported already, or is this study's own.
    """
    # A run that was imported there is known by where it comes from first.
    origin = run.origin or {"study": other.id, "run": run.name, "started": _stamp(run)}
    for here in study.runs:
        if origin in (here.origin, {"study": study.id, "run": here.name, "started": _stamp(here)}):
            raise HvlabError(f"{run.name} of study {other.id} is here already, as {here.name}")
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
