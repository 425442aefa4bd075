"""The functions behind the commands on sweeps, one each."""

from dataclasses import dataclass, replace
from pathlib import Path

from rich.table import Table

from core.console import cells, result, say, show
from core.errors import HvlabError
from core.pace import Pace
from dataset.folder import hold_study
from dataset.models import StudyInfo, load_study
from dataset.store import list_studies
from dataset.sweep import Cell, SweepInfo, list_sweeps, load_sweep_info, study_folder
from lab.active_lab import ActiveLab
from lab.lifecycle import Lab
from lab.settings import Settings
from study.api import HERE, open_runner
from study.clock import now
from study.cluster.request import ClusterRequest
from study.forecast import forecast_runs
from study.stopping_rule import parse_precision
from study.study import Judge
from study.sweep.check import problems_of
from study.sweep.design import CellPlan, axes_of, combinations, new_seed, order_of
from study.sweep.file import SweepFile, read_sweep_file
from study.sweep.parameters import with_values
from study.sweep.run import MakeLab, SweepRun, named, plans_of, studies_of


@dataclass(frozen=True)
class SweepRequest:
    """What the user asked for beside the file; 0 or empty: as the file says.

    Attributes:
        path: The file.
        repeats: Boots of the lab host of each cell under each hypervisor.
        seed: Seed of the orders.
        precision: `1MiB`, of the cost per guest in each cell.
        again: Run it once more, although it is finished.
    """

    path: Path
    repeats: int = 0
    seed: int = 0
    precision: str = ""
    again: bool = False

    def read(self) -> SweepFile:
        """Read the file, with the options in place of what it says."""
        file = read_sweep_file(self.path)
        options = {"repeats": self.repeats, "seed": self.seed, "precision": self.precision}
        return replace(file, **{name: value for name, value in options.items() if value})  # type: ignore[arg-type]


def plan_sweep(file: SweepFile, settings: Settings) -> SweepInfo:
    """Return a sweep that has no name yet.

    Args:
        file: What describes it.
        settings: All parameters, with which the cells agree where the file says nothing.

    Raises:
        HvlabError: The file asks for what there is not (see `study.sweep.design`).
    """
    base = with_values(settings, file.fixed, f"{file.path}: set")
    axes = axes_of(file, base)
    values = combinations(file, axes, base)
    seed = new_seed() if file.seed is None else file.seed
    numbers = list(range(1, len(values) + 1))
    repeats = file.repeats or base.study.repeats
    if repeats < 1:
        raise HvlabError(f"--repeats={repeats} makes no study", "1 or more", code="bad-option")
    titles = " and ".join(axis.title[:1].lower() + axis.title[1:] for axis in axes)
    info = SweepInfo(
        id="sweep",
        title=file.title or f"Resource usage by {titles}",
        created=now(),
        design=file.design,
        axes=axes,
        seed=seed,
        repeats=repeats,
        precision_mib=parse_precision(file.precision) if file.precision else None,
        settings=base.model_dump(mode="json"),
        file_sha256=file.sha256,
        cells=tuple(Cell(number=n, values=dict(each), study=f"sweep-{n:02}") for n, each in enumerate(values, 1)),
        order=tuple(order_of(numbers, seed, 1)),
    )
    return named(info, info.id)


def sweep(
    project: Path,
    settings: Settings,
    request: SweepRequest,
    active: ActiveLab,
    judge: Judge,
    *,
    cluster: ClusterRequest = HERE,
    make_lab: MakeLab = Lab,
) -> Path:
    """Run the sweep of a file, or continue the one that was begun with what it says; return its folder.

    Args:
        project: The folder that holds `studies/`.
        settings: All parameters.
        request: What was asked for.
        active: The lab of the work tree; off.
        judge: Returns how precise a study is so far.
        cluster: Where the runs are run.
        make_lab: Makes the lab of a cell.

    Raises:
        HvlabError: The file is not right, a cell failed, the sweep is finished, or the lab is in use.
    """
    file = request.read()
    begun = None if request.again else _begun(project, file.sha256)
    if begun:
        say(f"{file.path.name}: sweep {begun.name} goes on, with the settings that it was started with")
        return resume_sweep(project, begun, active, judge, cluster=cluster, make_lab=make_lab)
    planned = plan_sweep(file, settings)
    plans_of(planned)
    announce_sweep(project, planned, cluster)
    with open_runner(Settings.model_validate(planned.settings), active, cluster) as runner:
        running = SweepRun.begin(project / "studies", planned, make_lab)
        with hold_study(running.folder):
            return running.run(judge, runner)


def _begun(project: Path, sha256: str) -> Path | None:
    """Return the newest sweep that was begun with the same file."""
    same = [folder for folder in list_sweeps(project) if load_sweep_info(folder).file_sha256 == sha256]
    return same[-1] if same else None


def resume_sweep(
    project: Path,
    folder: Path,
    active: ActiveLab,
    judge: Judge,
    *,
    cluster: ClusterRequest = HERE,
    make_lab: MakeLab = Lab,
) -> Path:
    """Continue a sweep with the settings that it was started with; return its folder.

    Arguments as `sweep`, and the sweep's folder.

    Raises:
        HvlabError: It cannot be continued (`SweepRun.resume`), a cell failed, or the lab is in use.
    """
    with hold_study(folder):
        running = SweepRun.resume(folder, make_lab)
        announce_sweep(project, running.info, cluster, folder)
        settings = Settings.model_validate(running.info.settings)
        with open_runner(settings, active, cluster, running.left_runs()) as runner:
            return running.run(judge, runner)


def print_plan(project: Path, settings: Settings, request: SweepRequest) -> None:
    """Print the cells of a file's sweep and how long they will take; nothing is run.

    Raises:
        HvlabError: The file is not right.
    """
    planned = plan_sweep(request.read(), settings)
    plans = plans_of(planned)
    table = Table("cell", *(axis.parameter for axis in planned.axes), "hypervisors", "runs")
    for cell in planned.cells:
        plan = plans[cell.number].plan
        values = [str(cell.values[axis.parameter]) for axis in planned.axes]
        table.add_row(*cells(str(cell.number), *values, ", ".join(plan.providers), str(len(plan.order()))))
    show(table)
    announce_sweep(project, planned, HERE)


def announce_sweep(project: Path, info: SweepInfo, cluster: ClusterRequest, folder: Path | None = None) -> None:
    """Print the size of what is left of a sweep, and how long it will take; `folder` is its own if it was begun."""
    plans = plans_of(info)
    left = {cell.number: plans[cell.number] for cell in info.left}
    runs = [run for number, each in left.items() for run in _left_runs(folder, info.cells[number - 1], each)]
    pace = Pace()
    at_once = max(cluster.jobs, 1)
    more = "" if info.precision_mib is None else f" or more, until {info.precision_mib:g} MiB is reached in each cell"
    time = forecast_runs(runs, _known(project), pace, at_once)
    say(f"sweep of {len(info.cells)} cells, {len(left)} left: {len(runs)} runs{more}, seed {info.seed}, {time}")
    pace.tell()


def _left_runs(folder: Path | None, cell: Cell, planned: CellPlan) -> list[tuple[str, int]]:
    """Return the hypervisor and the number of stages of each run of a cell that is not finished."""
    study = study_folder(folder, cell) if folder else None
    if study is None or not study.is_dir():
        return [(provider, len(planned.stages)) for provider, _ in planned.plan.order()]
    runs = load_study(study).runs
    return [(run.provider, len(planned.stages)) for run in runs if run.status != "finished"]


def _known(project: Path) -> list[StudyInfo]:
    """Return all studies that tell how long a run takes, the newest first; those of sweeps come first."""
    of_sweeps = [study for folder in reversed(list_sweeps(project)) for study in studies_of(folder)]
    return of_sweeps + [load_study(folder) for folder in reversed(list_studies(project))]


def verify_sweep(folder: Path) -> None:
    """Print the problems of a sweep, or that it is valid.

    Raises:
        HvlabError: It has problems.
    """
    problems = problems_of(folder)
    for problem in problems:
        result(problem)
    if problems:
        raise HvlabError(
            f"sweep {folder.name} has {len(problems)} problems", "they are listed above", code="sweep-has-problems"
        )
    result(f"sweep {folder.name} is valid")


def print_sweep_status(project: Path, folder: Path) -> None:
    """Print the cells of a sweep, their runs, and the time that is left."""
    info = load_sweep_info(folder)
    table = Table("cell", *(axis.parameter for axis in info.axes), "study", "state", title=cells(f"sweep {info.id}")[0])
    for cell in info.cells:
        values = [str(cell.values[axis.parameter]) for axis in info.axes]
        table.add_row(*cells(str(cell.number), *values, cell.study, _state(folder, cell)))
    show(table)
    announce_sweep(project, info, HERE, folder)


def _state(folder: Path, cell: Cell) -> str:
    study = study_folder(folder, cell)
    if not study.is_dir():
        return "planned"
    runs = load_study(study).runs
    done = sum(run.status == "finished" for run in runs)
    return "finished" if cell.sha256 else f"{done} of {len(runs)} runs"
