"""The functions behind the commands study.*, one each."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.console import result, say
from core.errors import HvlabError
from dataset.folder import hold_study, is_held
from dataset.models import RunInfo, load_study
from dataset.store import find_study, list_studies
from lab.active_lab import ActiveLab
from lab.connectors.address import parse_host
from lab.factors.host import require_possible
from lab.hosts.preflight import check_room
from lab.images.origin import absence, chosen
from lab.lifecycle import Lab
from lab.settings import Settings, on_host
from study.clock import now
from study.cluster.request import ClusterRequest
from study.forecast import announce
from study.host_check import require_kind
from study.merge import import_runs
from study.plan import Plan, settings_of
from study.progress import print_status
from study.stopping_rule import parse_precision
from study.study import Judge, Runner, Study
from study.timings import print_timings
from study.verify import check

HERE = ClusterRequest()


@dataclass(frozen=True)
class StudyRequest:
    """What the user asked for; a value of 0 or an empty one means that of the settings.

    Attributes:
        providers: Names of the hypervisors.
        repeats: Boots of the lab host per hypervisor.
        seed: Seed of the order of runs; 0: a random one.
        precision: `1MiB`: repeats are added until the cost per guest is known to that half-width; empty: none are.
    """

    providers: tuple[str, ...] = ()
    repeats: int = 0
    seed: int = 0
    precision: str = ""

    def plan(self, settings: Settings) -> Plan:
        """Return the plan of the study.

        Raises:
            HvlabError: The number of repeats or the precision is invalid, or the lab host's release has no package
                of a hypervisor (code `not-packaged`).
        """
        times = self.repeats or settings.study.repeats
        if times < 1:
            raise HvlabError(f"--repeats={times} makes no study", "1 or more", code="bad-option")
        providers, left_out = chosen(settings, self.providers)
        seed = self.seed or int.from_bytes(os.urandom(3))
        if not self.precision:
            return Plan(providers, times, seed, left_out=left_out)
        precision = parse_precision(self.precision)
        return Plan(providers, times, seed, precision, settings.study.most_repeats, left_out)


def begin(
    settings: Settings,
    request: StudyRequest,
    studies: Path,
    active: ActiveLab,
    judge: Judge,
    *,
    cluster: ClusterRequest = HERE,
) -> Path:
    """Run a new study and return its folder.

    Args:
        settings: All parameters.
        request: What was asked for.
        studies: Folder of all studies.
        active: The lab of the work tree; off.
        judge: Returns how precise a study is so far.
        cluster: Where the runs are run.

    Raises:
        HvlabError: A run failed, the request is invalid, or the lab is in use.
    """
    plan = request.plan(settings)
    require_possible(settings, plan.providers)
    _say_left_out(settings, plan)
    with open_runner(settings, active, cluster) as runner:
        study = Study.begin(Lab(settings), studies, plan)
        announce(study.folder, now(), len(study.stages), study.lab.pace)
        with hold_study(study.folder):
            folder = study.run(judge, runner)
    print_timings(study.info)
    # Again, where what was done is told.
    _say_left_out(settings, plan)
    return folder


def _say_left_out(settings: Settings, plan: Plan) -> None:
    for title in plan.left_out.values():
        say(f"{title} is left out: {absence(title, settings.lab_host.release)}")


@contextmanager
def open_runner(
    settings: Settings, active: ActiveLab, cluster: ClusterRequest, left: Sequence[RunInfo] = ()
) -> Iterator[Runner | None]:
    """Provide what runs a study's runs: the work tree's own lab, which is held (None), or a cluster's labs.

    Args:
        settings: All parameters.
        active: The lab of the work tree.
        cluster: Where the runs are run.
        left: Runs that a killed command may have left in the lab of the work tree.
    """
    if cluster.asked:
        from study.cluster.clusters import open_cluster  # noqa: PLC0415  (Dask takes a second)

        cluster.check(settings)
        check_room(settings)
        with open_cluster(cluster, settings) as runner:
            yield runner
        return
    with active.acquire():
        for run in left:
            # This process holds the lab: whatever runs was left by a killed command.
            if run.status == "running":
                active.end_leftover(run.provider)
        active.require_off()
        check_room(settings)
        yield None


def resume(
    project: Path,
    study_id: str,
    active: ActiveLab,
    judge: Judge,
    host: str = "",
    *,
    cluster: ClusterRequest = HERE,
) -> Path:
    """Continue a study with the settings that it was started with; return its folder.

    Args:
        project: The project's folder.
        study_id: Name of the study; empty: the newest.
        active: The lab of the work tree; off.
        judge: Returns how precise a study is so far.
        host: Another name for the study's lab host; empty: the same.
        cluster: Where the runs are run.

    Raises:
        HvlabError: The study cannot be continued (`Study.resume`), a run failed, or the lab is in use.
    """
    folder = find_study(project, study_id)
    info = load_study(folder)
    settings = on_host(settings_of(info), host)
    require_kind(parse_host(settings.lab_host.host).kind, info)
    with open_runner(settings, active, cluster, info.runs) as runner, hold_study(folder):
        study = Study.resume(Lab(settings), folder)
        announce(folder, now(), len(study.stages), study.lab.pace)
        study.run(judge, runner)
    print_timings(study.info)
    return folder


def verify(project: Path, study_id: str) -> None:
    """Print the problems of a study, or that it is valid.

    Raises:
        HvlabError: The study has problems.
    """
    folder = find_study(project, study_id)
    problems = check(folder)
    for problem in problems:
        result(problem)
    if problems:
        raise HvlabError(
            f"study {folder.name} has {len(problems)} problems", "they are listed above", code="study-has-problems"
        )
    result(f"study {folder.name} is valid")


def print_progress(project: Path, study_id: str, active: ActiveLab) -> None:
    """Print the progress of a study: finished runs, remaining ones and the time they will take.

    Raises:
        HvlabError: There is no such study.
    """
    folder = find_study(project, study_id)
    others = [load_study(other) for other in reversed(list_studies(project)) if other != folder]
    print_status(folder, now(), others, busy=active.locked or is_held(folder))


def import_study(project: Path, study_id: str, other: Path) -> None:
    """Merge the runs of another study into one of this project.

    Raises:
        HvlabError: The studies differ in their parameters, or one has problems (`import_runs`).
    """
    here = find_study(project, study_id)
    names = import_runs(here, other.resolve())
    result(f"study {here.name} now has {', '.join(names)} too; its paper: ./invoke report.pdf --study={here.name}")
