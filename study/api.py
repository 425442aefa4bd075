"""What the commands study.* do, one function each; commands/ only names them."""

import os
from dataclasses import dataclass
from pathlib import Path

from core.errors import HvlabError
from dataset.models import load_study
from dataset.store import find, taken
from lab.connectors.address import parse_host
from lab.factors import require_possible
from lab.hosts.preflight import check_room
from lab.lifecycle import Lab, end_leftover, require_off
from lab.settings import Settings, on_host
from lab.state.lock import exclusive, in_use
from study.host_check import require_kind
from study.merge import import_runs
from study.plan import Plan, settings_of
from study.progress import print_status
from study.stopping_rule import parse_precision
from study.study import Judge, Study, now, print_timings
from study.verify import check


@dataclass(frozen=True)
class Wish:
    """What a person asked for; what is 0 or empty is taken from the settings.

    Attributes:
        providers: Names.
        repeats: Boots of the lab host per provider.
        seed: Of the order of runs; 0: drawn.
        precision: `1MiB`: repeats are added until the cost per guest is known so well; empty: none.
    """

    providers: tuple[str, ...] = ()
    repeats: int = 0
    seed: int = 0
    precision: str = ""

    def plan(self, settings: Settings) -> Plan:
        """Make the plan.

        Raises:
            HvlabError: It makes no study.
        """
        times = self.repeats or settings.study.repeats
        if times < 1:
            raise HvlabError(f"--repeats={times} makes no study", "1 or more")
        providers = self.providers or settings.study.providers
        seed = self.seed or int.from_bytes(os.urandom(3))
        if not self.precision:
            return Plan(providers, times, seed)
        return Plan(providers, times, seed, parse_precision(self.precision), settings.study.most_repeats)


def begin(settings: Settings, wish: Wish, studies: Path, state: Path, judge: Judge) -> Path:
    """Take a new study and return its folder.

    Args:
        settings: All parameters.
        wish: What was asked for.
        studies: Folder of all studies.
        state: Folder of the running lab.
        judge: Tells how precise a study is so far.

    Raises:
        HvlabError: A run failed, the wish makes no study, or the lab is in use.
    """
    plan = wish.plan(settings)
    require_possible(settings, plan.providers)
    with exclusive(state):
        require_off(state)
        check_room(settings)
        study = Study.begin(Lab(settings), studies, plan)
        folder = study.take(judge)
    print_timings(study.info)
    return folder


def resume(project: Path, study_id: str, state: Path, judge: Judge, host: str = "") -> Path:
    """Go on with a study, with the settings that it was begun with; return its folder.

    Args:
        host: Another name for the lab host that it was begun on; empty: the same.

    Raises:
        HvlabError: It cannot be gone on with (`Study.resume`), a run failed, or the lab is in use.
    """
    folder = find(project, study_id)
    info = load_study(folder)
    settings = on_host(settings_of(info), host)
    require_kind(parse_host(settings.lab_host.host).kind, info)
    with exclusive(state):
        for run in info.runs:
            # Nobody else has the lab: what runs is what the killed command left.
            if run.status == "running":
                end_leftover(state, run.provider)
        require_off(state)
        check_room(settings)
        study = Study.resume(Lab(settings), folder)
        study.take(judge)
    print_timings(study.info)
    return folder


def verify(project: Path, study_id: str) -> None:
    """Print what is wrong with a study, or that it is whole.

    Raises:
        HvlabError: Something is wrong.
    """
    folder = find(project, study_id)
    problems = check(folder)
    for problem in problems:
        print(problem)
    if problems:
        raise HvlabError(f"study {folder.name} is not whole: {len(problems)} problems", "they are listed above")
    print(f"study {folder.name} is whole")


def tell(project: Path, study_id: str, state: Path) -> None:
    """Print how far a study is.

    Raises:
        HvlabError: There is no such study.
    """
    folder = find(project, study_id)
    others = [load_study(other) for other in reversed(taken(project)) if other != folder]
    print_status(folder, now(), others, busy=in_use(state))


def bring_in(project: Path, study_id: str, other: Path) -> None:
    """Merge another study's runs into one of ours.

    Raises:
        HvlabError: They are unlike, or one is not whole (`import_runs`).
    """
    here = find(project, study_id)
    names = import_runs(here, other.resolve())
    print(f"study {here.name} now has {', '.join(names)} too; its paper: ./invoke report.pdf --study={here.name}")
