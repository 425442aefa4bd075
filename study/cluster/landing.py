"""Adds a run that a worker has finished to its study; whoever calls this holds the study's lock."""

import os
import shutil
from dataclasses import asdict
from pathlib import Path

from dataset.journal import NAME, Journal
from dataset.measurements import read_measurements, write_measurements
from dataset.models import RunInfo
from study.cluster.job import Finished
from study.cluster.pack import unpack
from study.study import Study


def land(study: Study, entry: RunInfo, finished: Finished) -> None:
    """Verify a run's folder and write it into the study; afterwards the run is finished.

    A crash on the way leaves a run that is not finished, whose parts `Study.resume` removes.

    Raises:
        HvlabError: The folder arrived damaged (code `damaged-run`); the study is as it was.
    """
    aside = study.folder / "runs" / f".{entry.name}.{os.getpid()}.part"
    aside.parent.mkdir(exist_ok=True)
    try:
        unpack(finished.packed, aside, entry.provider, entry.repeat)
        # On the disk before study.json says that it is.
        os.sync()
        (aside / "runs" / entry.name).rename(study.folder / "runs" / entry.name)
        _add_rows(study, aside)
        study.journal.copy(Journal(aside / NAME))
    finally:
        if aside.exists():
            shutil.rmtree(aside)
    study.take(entry, finished.result)
    hardware = [{"part": part, "value": value} for part, value in finished.result.description.hardware]
    entry.host = {"controller": asdict(finished.machine), "hardware": hardware}
    entry.status, entry.started, entry.ended = "finished", finished.started, finished.ended
    study.save()
    study.journal.append("run ends", run=entry.name, status="finished")


def _add_rows(study: Study, aside: Path) -> None:
    """Add a run's rows; the runs come in the order of the plan, in whichever order they arrive."""
    order = {(run.provider, run.repeat): number for number, run in enumerate(study.info.runs)}
    rows = [*read_measurements(study.folder), *read_measurements(aside)]
    write_measurements(study.folder, sorted(rows, key=lambda row: order[row.provider, row.repeat]))
