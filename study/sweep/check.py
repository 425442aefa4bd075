"""Verifies a sweep: its studies are there, valid, unchanged, and have the parameters of their cells."""

from collections.abc import Iterator
from pathlib import Path

from core.errors import HvlabError
from dataset.models import load_study
from dataset.sweep import STUDIES_FOLDER, Cell, load_sweep_info, study_folder
from dataset.sweep_digest import study_digest
from study.plan import parameter_differences, plan_of, planned_parameters
from study.sweep.design import CellPlan
from study.sweep.run import plans_of
from study.verify import check


def problems_of(folder: Path) -> list[str]:
    """List the problems of a sweep, one line each; an empty list: it is valid.

    Args:
        folder: The sweep's folder.

    Raises:
        HvlabError: sweep.json itself cannot be read, or asks for what there is not.
    """
    info = load_sweep_info(folder)
    problems = [] if info.finished else ["sweep.json: the sweep is not finished"]
    plans = plans_of(info)
    for cell in info.cells:
        problems += [f"cell {cell.number}, {cell.study}: {each}" for each in _of_cell(folder, cell, plans[cell.number])]
    known = {cell.study for cell in info.cells}
    others = sorted(path.name for path in (folder / STUDIES_FOLDER).glob("[!.]*") if path.name not in known)
    return problems + [f"{STUDIES_FOLDER}/{name}: belongs to no cell" for name in others]


def _of_cell(folder: Path, cell: Cell, planned: CellPlan) -> Iterator[str]:
    if cell.sha256 is None:
        yield "is not finished"
        return
    try:
        study = study_folder(folder, cell)
        if study_digest(study) != cell.sha256:
            yield "is not as it was when it was finished"
        yield from check(study)
        info = load_study(study)
        begun = info.parameters.as_dict() | {"box": {}}
        wanted = planned_parameters(planned.settings, plan_of(info), planned.stages).as_dict() | {"box": {}}
        yield from (f"is not of this cell: {each}" for each in parameter_differences(begun, wanted))
    except HvlabError as error:
        yield error.message
