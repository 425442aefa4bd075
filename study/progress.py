"""The progress of a study: finished, running and remaining runs, and the time that is left."""

import statistics
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rich.table import Table

from core.console import cells, result, show
from dataset.journal import NAME, read_journal
from dataset.models import RunInfo, StudyInfo, load_study


@dataclass(frozen=True)
class Progress:
    """How far a study is.

    Attributes:
        done: Finished runs.
        doing: The run that is in progress, or was interrupted; None if there is none.
        stage: The last stage of that run that has been read; empty: none yet.
        left: Remaining runs, without `doing`.
        seconds_left: Estimate for `doing` and `left`; None where there is no finished run to estimate from.
    """

    done: list[RunInfo]
    doing: RunInfo | None
    stage: str
    left: list[RunInfo]
    seconds_left: float | None


def progress(study_dir: Path, moment: datetime, others: list[StudyInfo]) -> Progress:
    """Return how far a study is.

    Args:
        study_dir: Its folder.
        moment: The time now; the time that `doing` has used so far is subtracted.
        others: Other studies, for the usual duration of a run; this study's own runs come first.

    Raises:
        HvlabError: study.json or the journal cannot be read.
    """
    study = load_study(study_dir)
    done = [run for run in study.runs if run.status == "finished"]
    doing = next((run for run in study.runs if run.status == "running"), None)
    left = [run for run in study.runs if run not in done and run is not doing]
    seconds: float | None = 0.0
    for run in ([doing] if doing else []) + left:
        usual = _usual_seconds(run.provider, [study, *others])
        if seconds is None or usual is None:
            seconds = None
            continue
        spent = (moment - run.started).total_seconds() if run is doing and run.started else 0.0
        seconds += max(usual - spent, 0.0)
    return Progress(done, doing, _last_stage(study_dir, doing), left, seconds)


def _usual_seconds(provider: str, studies: list[StudyInfo]) -> float | None:
    """Return the median duration of the hypervisor's finished runs in the first study with any; else of any runs."""
    for wanted in (provider, None):
        for study in studies:
            times = [
                (run.ended - run.started).total_seconds()
                for run in study.runs
                if run.status == "finished" and run.started and run.ended and wanted in {run.provider, None}
            ]
            if times:
                return statistics.median(times)
    return None


def _last_stage(study_dir: Path, doing: RunInfo | None) -> str:
    stage = ""
    for event in read_journal(study_dir / NAME) if doing else []:
        if event["event"] == "run begins":
            stage = ""
        elif event["event"] == "read":
            stage = str(event.get("stage", ""))
    return stage


def print_status(study_dir: Path, moment: datetime, others: list[StudyInfo], *, busy: bool) -> None:
    """Print a study's runs and the remaining time.

    Args:
        study_dir: Its folder.
        moment: The time now.
        others: Other studies, for the estimate.
        busy: Whether a command uses the lab; if none does, a running run was interrupted.
    """
    study, found = load_study(study_dir), progress(study_dir, moment, others)
    table = Table("run", "state", "minutes", "remarks", title=cells(f"study {study.id}")[0])
    for run in study.runs:
        state = run.status
        remarks = [f"{len(run.suspect)} new kernel errors: suspect"] if run.suspect else []
        if state == "running":
            remarks.append(f"read up to {found.stage}" if found.stage else "no stage read yet")
            if not busy:
                remarks.append("interrupted; ./invoke study.resume starts it again")
        unsettled = [timing.stage for timing in run.timings if timing.settled is False]
        remarks += [f"not settled at {', '.join(unsettled)}"] if unsettled else []
        end = run.ended or (moment if state == "running" else None)
        minutes = f"{(end - run.started).total_seconds() / 60:.1f}" if end and run.started else ""
        table.add_row(*cells(run.name, state, minutes, "; ".join(remarks)))
    show(table)
    result(_summary(study, found))


def _summary(study: StudyInfo, found: Progress) -> str:
    open_runs = len(found.left) + (found.doing is not None)
    text = f"{len(found.done)} finished, {int(found.doing is not None)} running, {len(found.left)} left"
    if not open_runs:
        return f"{text}; complete" if study.finished else f"{text}; ./invoke study.resume completes it"
    if found.seconds_left is None:
        return f"{text}; no finished run yet to estimate the remaining time from"
    return f"{text}; about {found.seconds_left / 60:.0f} min left"
