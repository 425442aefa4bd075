"""A sweep in progress: its studies are begun, run repeat by repeat, and noted as finished."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from core.console import say
from core.errors import HvlabError
from dataset.folder import hold_study, new_folder
from dataset.models import RunInfo, StudyInfo, load_study
from dataset.sweep import STUDIES_FOLDER, Cell, SweepInfo, load_sweep_info, save_sweep_info, study_folder
from dataset.sweep_digest import study_digest
from lab.lifecycle import Lab
from lab.settings import Settings
from study.clock import now
from study.study import Judge, Runner, Study
from study.sweep.design import CellPlan, order_of, plan_cell, require_different

PREFIX = "sweep-"

MakeLab = Callable[[Settings], Lab]


class SweepRun:
    """A sweep in progress; `begin` a new one, or `resume` one that did not finish.

    Args:
        folder: Its folder.
        info: Its sweep.json.
        make_lab: Makes the lab of a cell.

    Raises:
        HvlabError: A cell is not possible, or two would be the same study.
    """

    def __init__(self, folder: Path, info: SweepInfo, make_lab: MakeLab = Lab) -> None:
        self.folder, self.info, self._make_lab = folder, info, make_lab
        self.plans = plans_of(info)
        self._open: dict[int, Study] = {}

    @classmethod
    def begin(cls, root: Path, planned: SweepInfo, make_lab: MakeLab = Lab) -> Self:
        """Create a new sweep in `root`, the folder of all studies.

        Args:
            root: The folder.
            planned: The sweep without a name.
            make_lab: Makes the lab of a cell.
        """
        plans_of(planned)

        def fill(folder: Path, name: str) -> None:
            (folder / STUDIES_FOLDER).mkdir()
            save_sweep_info(folder, named(planned, name))

        folder = new_folder(root, planned.created, fill, PREFIX)
        return cls(folder, load_sweep_info(folder), make_lab)

    @classmethod
    def resume(cls, folder: Path, make_lab: MakeLab = Lab) -> Self:
        """Continue a sweep: cells whose studies are finished are kept.

        Raises:
            HvlabError: It is finished (code `sweep-is-finished`), or a finished study is not there any more or was
                changed (`damaged-sweep`).
        """
        info = load_sweep_info(folder)
        if info.finished:
            raise HvlabError(
                f"sweep {info.id} is finished",
                "./invoke report.sweep writes its report; --again runs it once more",
                code="sweep-is-finished",
            )
        found = cls(folder, info, make_lab)
        for cell in info.cells:
            found._adopt(cell)
        return found

    def _adopt(self, cell: Cell) -> None:
        """Bring a cell up to date with its study, which is authoritative."""
        study = study_folder(self.folder, cell)
        if cell.sha256 is not None:
            if not study.is_dir() or study_digest(study) != cell.sha256:
                raise HvlabError(
                    f"sweep {self.info.id}: the finished study {cell.study} is missing or was changed",
                    f"restore {study}, or start a new sweep: ./invoke study.sweep FILE --again",
                    code="damaged-sweep",
                )
        elif study.is_dir() and load_study(study).finished:
            self._note(cell, study)

    def left_runs(self) -> list[RunInfo]:
        """Return the runs of studies that were begun and are not finished."""
        begun = [study_folder(self.folder, cell) for cell in self.info.left]
        return [run for folder in begun if folder.is_dir() for run in load_study(folder).runs]

    def run(self, judge: Judge, runner: Runner | None = None) -> Path:
        """Run all cells that are not finished; a failed one does not stop the others.

        One after the other here: repeat by repeat through all cells, each time in another order, so that what changes
        slowly on the machine does not look like an effect. On a cluster: cell by cell, all runs of one at once.

        Args:
            judge: Returns how precise a study is so far.
            runner: Runs a study's runs on a cluster; None: here.

        Raises:
            HvlabError: A cell failed (code `cells-failed`). Finished ones are kept, and `resume` continues.
        """
        failed: dict[int, str] = {}
        repeats = [self.info.repeats] if runner else range(1, self.info.repeats + 1)
        for repeat in repeats:
            for number in order_of([cell.number for cell in self.info.cells], self.info.seed, repeat):
                cell = self.info.cells[number - 1]
                if cell.sha256 is None:
                    self._attempt(cell, repeat, judge, runner, failed)
        if failed:
            words = "; ".join(f"cell {number}: {why}" for number, why in sorted(failed.items()))
            raise HvlabError(
                f"{len(failed)} of {len(self.info.cells)} cells failed: {words}",
                f"the others are in {self.folder}; ./invoke study.resume --study={self.info.id} tries these again",
                code="cells-failed",
            )
        self.info.finished = now()
        save_sweep_info(self.folder, self.info)
        return self.folder

    def _attempt(self, cell: Cell, repeat: int, judge: Judge, runner: Runner | None, failed: dict[int, str]) -> None:
        failed.pop(cell.number, None)
        try:
            self._run_cell(cell, repeat, judge, runner)
        except HvlabError as error:
            if error.code in ("scheduler-lost", "no-worker"):
                raise
            say(str(error), about=f"cell {cell.number} failed")
            failed[cell.number] = error.message

    def _run_cell(self, cell: Cell, repeat: int, judge: Judge, runner: Runner | None) -> None:
        study = self._study(cell)
        with hold_study(study.folder):
            if repeat < self.info.repeats:
                study.run_first(repeat)
                return
            study.run(judge, runner)
        self._note(cell, study.folder)
        del self._open[cell.number]
        done = len(self.info.cells) - len(self.info.left)
        say(f"sweep {self.info.id}: {done} of {len(self.info.cells)} cells are finished")

    def _study(self, cell: Cell) -> Study:
        """Return a cell's study in progress; it is begun, or continued from what an earlier command left."""
        if cell.number not in self._open:
            planned, folder = self.plans[cell.number], study_folder(self.folder, cell)
            with ExitStack() as held:
                if folder.is_dir():
                    held.enter_context(hold_study(folder))
                    study = Study.resume(self._make_lab(planned.settings), folder)
                else:
                    study = Study.begin(self._make_lab(planned.settings), folder.parent, planned.plan, name=cell.study)
            self._open[cell.number] = study
        return self._open[cell.number]

    def _note(self, cell: Cell, study: Path) -> None:
        cell.sha256 = study_digest(study)
        save_sweep_info(self.folder, self.info)


def named(planned: SweepInfo, name: str) -> SweepInfo:
    """Return a planned sweep with its name and those of its studies."""
    cells = [cell.model_copy(update={"study": f"{name}-{cell.number:02}"}) for cell in planned.cells]
    return planned.model_copy(update={"id": name, "cells": tuple(cells)})


def plans_of(info: SweepInfo) -> Mapping[int, CellPlan]:
    """Return what each cell's study is begun with, by the cell's number.

    Raises:
        HvlabError: A cell is not possible, or two would be the same study.
    """
    settings = Settings.model_validate(info.settings)
    plans = {cell.number: plan_cell(info, settings, cell) for cell in info.cells}
    require_different(plans)
    return plans


def studies_of(folder: Path) -> list[StudyInfo]:
    """Return the studies of a sweep that were begun."""
    found = (study_folder(folder, cell) for cell in load_sweep_info(folder).cells)
    return [load_study(study) for study in found if study.is_dir()]
