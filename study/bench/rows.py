"""The rows of the table: what hvlab takes, and what the bare programs or the method itself would take."""

import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from dataset.captures import INDEX_FILE, capture_path, read_index
from dataset.models import RunInfo, StudyInfo
from dataset.stages import guests_at
from lab.bench import start_up
from lab.bench.bring_up import BringUp
from study.measure.collector import sampling_s
from study.meters.samples import one_sample

# The published numbers: the same on each machine.
_PUBLISHED = "paper-2011"


@dataclass(frozen=True)
class Row:
    """One duration against its floor, seconds.

    Attributes:
        name: What took it; the key of its history.
        seconds: How long it took.
        floor_s: How long it takes at least; None: that was not measured.
        floor: What the floor is.
    """

    name: str
    seconds: float
    floor_s: float | None
    floor: str

    @property
    def ratio(self) -> float | None:
        """How many times its floor it took."""
        return self.seconds / self.floor_s if self.floor_s else None


def start_up_row() -> Row:
    """Time `./invoke --list`."""
    return Row(
        "./invoke --list", start_up.start_up_seconds(), start_up.bare_start_seconds(), "Python, and invoke imported"
    )


def report_row() -> Row:
    """Time `report.pdf` of the published numbers, in processor time."""
    taken = start_up.report_seconds(_PUBLISHED)
    return Row(f"report.pdf of {_PUBLISHED}, CPU", taken, start_up.libraries_seconds(), "its libraries imported")


def bring_up_row(found: BringUp) -> Row:
    """Make the row of a guest's start."""
    return Row(f"lab.up of a guest, {found.provider}", found.up_s, found.bare_s, "started by the hypervisor's own tool")


def reading_rows(study: Path, info: StudyInfo) -> list[Row]:
    """Return the mean reading of each hypervisor of a study against what its meters wait by their method.

    Args:
        study: The study's folder.
        info: Its study.json.
    """
    rows = []
    for provider, runs in _runs_by_provider(info).items():
        taken = [timing.reading_s for run in runs for timing in run.timings if timing.reading_s is not None]
        if taken:
            floor = statistics.mean(_sampling_s(study, run, timing.stage) for run in runs for timing in run.timings)
            rows.append(Row(f"a reading, {provider}", statistics.mean(taken), floor, "what its meters wait"))
    return rows


def study_row(study: Path, info: StudyInfo, found: Mapping[str, BringUp]) -> Row | None:
    """Return a study's time against its boots and what its method waits; None: no run of it is finished.

    Args:
        study: The study's folder.
        info: Its study.json.
        found: By hypervisor, how long its guests take when its own tool starts them; those of others count as they
            were.
    """
    taken = floor = 0.0
    window_s = float(str(info.parameters.settle.get("window_s", 0)))
    runs = _runs_by_provider(info)
    for run in chain.from_iterable(runs.values()):
        for timing in run.timings:
            booting = timing.booting_s or 0
            taken += booting + sum(part or 0 for part in (timing.settling_s, timing.reading_s, timing.kit_s))
            if guests_at(timing.stage) and run.provider in found:
                booting = found[run.provider].bare_s
            floor += booting + window_s + _sampling_s(study, run, timing.stage)
    by_hand = all(name in found for name in runs)
    what = "bare boots" if by_hand else "its own boots"
    return Row("a study", taken, floor, f"{what}, settle window, what its meters wait") if taken else None


def _runs_by_provider(info: StudyInfo) -> dict[str, list[RunInfo]]:
    finished = [run for run in info.runs if run.status == "finished"]
    return {name: [run for run in finished if run.provider == name] for name in {run.provider: 0 for run in finished}}


def _sampling_s(study: Path, run: RunInfo, stage: str) -> float:
    index = read_index((study / capture_path(run.provider, run.repeat, stage, "x")).with_name(INDEX_FILE))
    lines = {Path(name).stem: capture.command for name, capture in index.items()}
    # An index is sorted by name; those that took samples in turn stood together.
    return sampling_s(dict(sorted(lines.items(), key=lambda item: one_sample(item[1])[1])))
