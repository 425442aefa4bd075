"""What a study will take: printed before it begins, and before each of its runs."""

import statistics
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from core.console import say
from core.errors import HvlabError
from core.pace import Pace
from dataset.models import STUDY_FILE, StudyInfo, load_study
from study.progress import progress

# Of one stage where hvlab's time limits were chosen (2 idle cores, software emulation), seconds: the mean over all
# hypervisors and stages.
_STAGE_S = 80
_MIN_S = 60


def _others(folder: Path) -> list[StudyInfo]:
    """Return the studies beside one, the newest first; one that cannot be read gives no estimate."""
    found = []
    for path in sorted(folder.parent.glob(f"[!.]*/{STUDY_FILE}"), reverse=True):
        if path.parent.is_symlink() or path.parent == folder:
            continue
        with suppress(HvlabError):
            found.append(load_study(path.parent))
    return found


def left_s(folder: Path, moment: datetime) -> float | None:
    """Return how long a study will still take, seconds, from finished runs here; None: there are none.

    Args:
        folder: The study's folder.
        moment: The time now.

    Raises:
        HvlabError: The study cannot be read.
    """
    return progress(folder, moment, _others(folder)).seconds_left


def forecast(folder: Path, moment: datetime, stages: int, pace: Pace) -> str:
    """Return in words how long a study will still take.

    Args:
        folder: The study's folder.
        moment: The time now.
        stages: Of each run.
        pace: How slow this machine is.

    Raises:
        HvlabError: The study cannot be read.
    """
    left = left_s(folder, moment)
    count = sum(run.status != "finished" for run in load_study(folder).runs)
    runs = f"{count} run{'s' if count != 1 else ''} left"
    if left is not None:
        return f"{runs}, about {left / _MIN_S:.0f} min; runs before took as long here"
    guess = pace.scaled(count * stages * _STAGE_S)
    return f"{runs}, about {guess / _MIN_S:.0f} min; a guess, since no run has finished here yet"


def forecast_runs(runs: Iterable[tuple[str, int]], studies: Sequence[StudyInfo], pace: Pace, at_once: int = 1) -> str:
    """Return in words how long the runs of several studies will take.

    Args:
        runs: The hypervisor and the number of stages of each.
        studies: Other studies, the newest first, for the usual duration of a stage.
        pace: How slow this machine is.
        at_once: How many are run at the same time.
    """
    seconds, guessed = 0.0, False
    for provider, stages in runs:
        usual = _stage_s(provider, studies)
        guessed = guessed or usual is None
        seconds += stages * (pace.scaled(_STAGE_S) if usual is None else usual)
    reason = "a guess, since no run has finished here yet" if guessed else "runs before took as long here"
    return f"about {seconds / at_once / _MIN_S:.0f} min; {reason}"


def _stage_s(provider: str, studies: Sequence[StudyInfo]) -> float | None:
    """Return the median time of a stage in the first study with finished runs of a hypervisor; else of any."""
    for wanted in (provider, None):
        for study in studies:
            times = [
                (run.ended - run.started).total_seconds() / len(study.parameters.stages)
                for run in study.runs
                if run.status == "finished" and run.started and run.ended and wanted in {run.provider, None}
                if run.ended > run.started and study.parameters.stages
            ]
            if times:
                return statistics.median(times)
    return None


def announce(folder: Path, moment: datetime, stages: int, pace: Pace) -> None:
    """Print how long a study will take, and once that the machine is slow, if it is; arguments as for `forecast`."""
    say(f"study {folder.name}: {forecast(folder, moment, stages, pace)}")
    pace.tell()
