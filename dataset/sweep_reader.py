"""Reads a sweep as a whole: `from dataset import load_sweep`."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import HvlabError
from dataset.reader import Dataset, load
from dataset.sweep import Cell, SweepInfo, load_sweep_info, study_folder

if TYPE_CHECKING:
    import pandas as pd

CELL_COLUMN = "cell"


@dataclass(frozen=True)
class Sweep:
    """A sweep.

    Attributes:
        folder: Its folder.
        info: Its sweep.json.
    """

    folder: Path
    info: SweepInfo

    @property
    def finished_cells(self) -> tuple[Cell, ...]:
        """The cells whose studies are finished, in the order of their numbers."""
        return tuple(cell for cell in self.info.cells if cell.sha256 is not None)

    def study(self, cell: Cell) -> Dataset:
        """Read the study of a cell.

        Raises:
            HvlabError: It was not begun yet (code `cell-not-run`), or is not in the form of the contract.
        """
        folder = study_folder(self.folder, cell)
        if not folder.is_dir():
            raise HvlabError(
                f"sweep {self.info.id}: cell {cell.number} was not run yet",
                "./invoke study.resume",
                code="cell-not-run",
            )
        return load(folder)

    def studies(self) -> Iterator[tuple[Cell, Dataset]]:
        """Read the studies of all finished cells, one after the other; errors as `study`."""
        for cell in self.finished_cells:
            yield cell, self.study(cell)

    def measurements(self) -> "pd.DataFrame":
        """Return the numbers of all finished cells in one table.

        Returns:
            One row per number: `cell` (its number), one column for each axis, named by its parameter, and the columns
            of measurements.csv.

        Raises:
            HvlabError: No cell is finished (code `no-finished-cell`), or as `study`.
        """
        import pandas as pd  # noqa: PLC0415  (takes a second, which who only reads sweep.json need not spend)

        frames = []
        for cell, dataset in self.studies():
            frame = dataset.measurements.copy()
            for place, axis in enumerate(self.info.axes):
                frame.insert(place, axis.parameter, cell.values[axis.parameter])
            frame.insert(0, CELL_COLUMN, cell.number)
            frames.append(frame)
        if not frames:
            raise HvlabError(
                f"sweep {self.info.id} has no finished cell", "./invoke study.resume", code="no-finished-cell"
            )
        return pd.concat(frames, ignore_index=True)


def load_sweep(folder: Path) -> Sweep:
    """Read a sweep's folder.

    Args:
        folder: A folder in the form of docs/reference/dataset.md, with sweep.json.

    Raises:
        HvlabError: sweep.json is missing or not in that form; names the place.
    """
    return Sweep(folder, load_sweep_info(folder))
