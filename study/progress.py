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
        running: The runs that are in progress, or were interrupted; several with a cluster.
        stage: The last stage of the running run that has been read; empty: none yet; None: a worker knows.
        left: Remaining runs, without those.
        seconds_left: Estimate for `running` and `left`; None where there is no finished run to estimate from.
    """

    done: list[RunInfo]
    running: list[RunInfo]
    stage: str | None
    left: list[RunInfo]
    seconds_left: float | None

    @property
    def doing(self) -> RunInfo | None:
        """The first run that is in progress; None if there is none."""
        return self.running[0] if self.running else None


def progress(study_dir: Path, moment: datetime, others: list[StudyInfo]) -> Progress:
    """Return how far a study is.

    Args:
        study_dir: Its folder.
        moment: The time now; the time that running runs have used so far is subtracted.
        others: Other studies, for the usual duration of a run; this study's own runs come first.

    Raises:
        HvlabError: study.json or the journal cannot be read.
    """
    study = load_study(study_dir)
    done = [run for run in study.runs if run.status == "finished"]
    running = [run for run in study.runs if run.status == "running"]
    left = [run for run in study.runs if run.status not in ("finished", "running")]
    seconds: float | None = 0.0
    for run in running + left:
        usual = _usual_seconds(run.provider, [study, *others])
        if seconds is None or usual is None:
            seconds = None
            continue
        spent = (moment - run.started).total_seconds() if run.status == "running" and run.started else 0.0
        seconds += max(usual - spent, 0.0)
    together = None if seconds is None else seconds / max(len(running), 1)
    return Progress(done, running, _last_stage(study_dir, running), left, together)


def _usual_seconds(provider: str, studies: list[StudyInfo]) -> float | None:
    """Return the median duration of the hypervisor's finished runs in the first study with any; else of any runs."""
    for wanted in (provider, None):
        for study in studies:
            # A clock that was set back meanwhile leaves runs that end before they start.
            times = [
                (run.ended - run.started).total_seconds()
                for run in study.runs
                if run.status == "finished" and run.started and run.ended and wanted in {run.provider, None}
                if run.ended > run.started
            ]
            if times:
                return statistics.median(times)
    return None


def _last_stage(study_dir: Path, running: list[RunInfo]) -> str | None:
    names = [run.name for run in running]
    stage, name = "", None
    for event in read_journal(study_dir / NAME) if running else []:
        if event["event"] == "run begins":
            stage, name = "", event.get("run")
        elif event["event"] == "read":
            stage = str(event.get("stage", ""))
    # Events of a run on a worker come when it is finished.
    return stage if len(names) < 2 and name in (None, *names) else None


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
            if found.stage is not None:
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
    open_runs = len(found.left) + len(found.running)
    text = f"{len(found.done)} finished, {len(found.running)} running, {len(found.left)} left"
    if not open_runs:
        return f"{text}; complete" if study.finished else f"{text}; ./invoke study.resume completes it"
    if found.seconds_left is None:
        return f"{text}; no finished run yet to estimate the remaining time from"
    return f"{text}; about {found.seconds_left / 60:.0f} min left"
