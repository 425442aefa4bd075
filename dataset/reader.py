"""Reads a study as a whole: `from dataset import load`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dataset.derived import evaluate
from dataset.descriptors import HypervisorInfo
from dataset.measurements import read_frame
from dataset.models import StudyInfo, load_study
from dataset.paths import in_study

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Dataset:
    """A study.

    Attributes:
        folder: Its folder.
        study: Its study.json, schema 2.
        measurements: Its measurements.csv: one row per number, the columns of the file in their order; `repeat` and
            `guests` are integers, `value` is a float, all others are text. Rows of runs that are not finished belong
            to nobody and are left out; the others keep their labels (`dataset.measurements.read_frame`).
    """

    folder: Path
    study: StudyInfo
    measurements: "pd.DataFrame"

    @property
    def hypervisors(self) -> tuple[HypervisorInfo, ...]:
        """The study's hypervisors, in the order of print."""
        return self.study.hypervisors

    @property
    def titles(self) -> dict[str, str]:
        """Name to name in print of each hypervisor, in the order of print."""
        return {it.name: it.title for it in self.hypervisors}

    def hypervisor(self, name: str) -> HypervisorInfo:
        """Return the descriptor of a hypervisor.

        Raises:
            HvlabError: The study has none of that name.
        """
        return self.study.hypervisor(name)

    def derived(self, name: str) -> "pd.DataFrame":
        """Compute a number that the study derives from its measurements, e.g. `machine_free`.

        Returns:
            Columns `hypervisor`, `repeat`, `stage`, `guests`, `value`, `unit`; a row only where every term was read.

        Raises:
            HvlabError: The study describes no such number, or a term of it cannot be evaluated.
        """
        return evaluate(self.measurements, self.study, name)

    def file(self, path: str) -> Path:
        """Return the path of a file that the study names, e.g. in column `capture`; it need not exist.

        Raises:
            HvlabError: The path leads out of the study's folder.
        """
        return in_study(self.folder, path)


def load(folder: Path) -> Dataset:
    """Read a study's folder.

    Args:
        folder: A folder in the form of docs/reference/dataset.md; a study of schema 1 is brought to schema 2 in
            memory.

    Returns:
        The checked dataset.

    Raises:
        HvlabError: A file is missing or not in the form of docs/reference/dataset.md; names the file, and the line
            in measurements.csv.
    """
    study = load_study(folder)
    rows = read_frame(folder, [it.name for it in study.hypervisors])
    return Dataset(folder, study, rows if study.published else rows[_of_finished(rows, study)])


def _of_finished(rows: "pd.DataFrame", study: StudyInfo) -> "pd.Series[bool]":
    import pandas as pd  # noqa: PLC0415  (as in read_frame)

    finished = {(run.provider, run.repeat) for run in study.runs if run.status == "finished"}
    keys = zip(rows["provider"].tolist(), rows["repeat"].tolist(), strict=True)
    return pd.Series([key in finished for key in keys], index=rows.index, dtype=bool)
