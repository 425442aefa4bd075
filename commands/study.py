"""Commands study.*: run a study, continue, verify and merge it."""

from pathlib import Path
from typing import Any

from invoke.context import Context
from invoke.exceptions import Exit

from commands.report import build_site, render, write_crate
from commands.task import HOST, PROVIDER, command, settings
from core.console import result
from core.errors import HvlabError
from core.paths import CALIBRATIONS, PROJECT, STUDIES, called_from, state_root
from lab import packages

COST_CHANGED = 3
"""Exit status of study.watch when a cost has clearly changed."""

# Help for options of several commands.
_CLUSTER = {
    "jobs": "run N runs at once on this machine, each in a lab host of its own",
    "scheduler": "run them on the workers of a Dask scheduler: tcp://host:8786, tls://host:8786",
    "workers": "run them on machines over SSH: ssh://user@host:port/work-tree,...",
    "cluster": "run them in a batch system (Slurm, PBS, ...) that this file describes",
}
_RUNNING = {
    **_CLUSTER,
    "repeats": "boots of the lab host per hypervisor",
    "seed": "seed of the order of runs",
    "precision": "add repeats until the cost per guest is known to this half-width, e.g. 1MiB",
    "host": HOST,
}
_WHICH = {"study": "a folder in studies/ or reference/; default: the newest, finished or not"}


def _providers(text: str) -> tuple[str, ...]:
    from hypervisors.registry import get_hypervisor
    from lab.settings import distinct

    names = [get_hypervisor(name.strip()).name for name in text.split(",")]
    try:
        return distinct(names)
    except ValueError as error:
        raise HvlabError(f"--provider={text}: {error}", "name each hypervisor once", code="bad-option") from error


def _half_widths(folder: Path) -> Any:
    from report.tables.precision import half_widths

    return half_widths(folder)


def _cluster(jobs: int, scheduler: str, workers: str, cluster: str) -> Any:
    from study.cluster.request import ClusterRequest

    return ClusterRequest(jobs, scheduler, workers, str(called_from() / cluster) if cluster else "")


def _study(
    providers: tuple[str, ...],
    repeats: int,
    seed: int,
    precision: str,
    *,
    host: str,
    cluster: tuple[int, str, str, str],
) -> Path:
    from lab.active_lab import ActiveLab
    from study.api import StudyRequest, begin

    request, active = StudyRequest(providers, repeats, seed, precision), ActiveLab(state_root())
    return begin(settings(host), request, STUDIES, active, _half_widths, cluster=_cluster(*cluster))


@command(
    packages.lab_packages,
    help={"provider": f"{PROVIDER}; several with commas", **_RUNNING},
)
def study_run(
    c: Context,
    provider: str,
    repeats: int = 0,
    seed: int = 0,
    precision: str = "",
    *,
    host: str = "",
    jobs: int = 0,
    scheduler: str = "",
    workers: str = "",
    cluster: str = "",
) -> None:
    """Run a study under --provider."""
    where = (jobs, scheduler, workers, cluster)
    result(_study(_providers(provider), repeats, seed, precision, host=host, cluster=where))


@command(packages.lab_packages, packages.report_packages, help=_RUNNING)
def study_all(
    c: Context,
    repeats: int = 0,
    seed: int = 0,
    precision: str = "",
    *,
    host: str = "",
    jobs: int = 0,
    scheduler: str = "",
    workers: str = "",
    cluster: str = "",
) -> None:
    """Run a study under all hypervisors and write its paper."""
    folder = _study((), repeats, seed, precision, host=host, cluster=(jobs, scheduler, workers, cluster))
    write_crate(folder.name)
    render(folder.name, "en")


@command(packages.lab_packages, help={"provider": f"{PROVIDER}; several with commas; default: all", "host": HOST})
def study_calibrate(c: Context, provider: str = "", host: str = "") -> None:
    """Check the meters against known loads; exit status tells."""
    from lab.active_lab import ActiveLab
    from study.calibration.calibration import calibrate, require_passed
    from study.calibration.table import print_table

    chosen = _providers(provider) if provider else ()
    folder = calibrate(settings(host), chosen, CALIBRATIONS, ActiveLab(state_root()))
    print_table(folder)
    result(folder)
    require_passed(folder)


@command(
    packages.lab_packages,
    positional=["file"],
    help={
        "file": "describes the sweep: docs/how-to/sweeps.md",
        **_RUNNING,
        "again": "run it once more, although a sweep of this file is finished",
        "plan": "only print the cells and how long they will take",
    },
)
def study_sweep(
    c: Context,
    file: str,
    repeats: int = 0,
    seed: int = 0,
    precision: str = "",
    *,
    host: str = "",
    again: bool = False,
    plan: bool = False,
    jobs: int = 0,
    scheduler: str = "",
    workers: str = "",
    cluster: str = "",
) -> None:
    """Run or continue a sweep: studies that differ."""
    from lab.active_lab import ActiveLab
    from study.sweep.api import SweepRequest, print_plan, sweep

    request = SweepRequest(called_from() / file, repeats, seed, precision, again)
    if plan:
        print_plan(PROJECT, settings(host), request)
        return
    where = _cluster(jobs, scheduler, workers, cluster)
    result(sweep(PROJECT, settings(host), request, ActiveLab(state_root()), _half_widths, cluster=where))


@command(help=_WHICH)
def study_check(c: Context, study: str = "") -> None:
    """Verify a study or a sweep; exit status tells."""
    from study.api import verify
    from study.sweep.api import verify_sweep

    if found := _sweep_of(study):
        verify_sweep(found)
        return
    verify(PROJECT, study)


def _sweep_of(name: str) -> Path | None:
    """Return the folder of the sweep of a name, or of the newest if nothing newer is a study; None: it is a study's."""
    from dataset.store import find_study_or_sweep
    from dataset.sweep import is_sweep

    folder = find_study_or_sweep(PROJECT, name)
    return folder if is_sweep(folder) else None


@command(help=_WHICH)
def study_status(c: Context, study: str = "") -> None:
    """Print the progress of a study or a sweep and its time."""
    from lab.active_lab import ActiveLab
    from study.api import print_progress
    from study.sweep.api import print_sweep_status

    if found := _sweep_of(study):
        print_sweep_status(PROJECT, found)
        return
    print_progress(PROJECT, study, ActiveLab(state_root()))


@command(
    packages.lab_packages,
    help={**_WHICH, **_CLUSTER, "host": "the study's lab host under another name; its own without"},
)
def study_resume(
    c: Context,
    study: str = "",
    host: str = "",
    *,
    jobs: int = 0,
    scheduler: str = "",
    workers: str = "",
    cluster: str = "",
) -> None:
    """Continue a study or a sweep after a crash or a failure."""
    from lab.active_lab import ActiveLab
    from study.api import resume
    from study.sweep.api import resume_sweep

    where = _cluster(jobs, scheduler, workers, cluster)
    if found := _sweep_of(study):
        if host:
            raise HvlabError("--host: a sweep continues on its own lab host", "omit it", code="bad-option")
        result(resume_sweep(PROJECT, found, ActiveLab(state_root()), _half_widths, cluster=where))
        return
    result(resume(PROJECT, study, ActiveLab(state_root()), _half_widths, host, cluster=where))


@command(positional=["folder"], help={"folder": "the other study's folder", **_WHICH})
def study_import(c: Context, folder: str, study: str = "") -> None:
    """Merge the runs of a study from another host."""
    from study.api import import_study

    import_study(PROJECT, study, called_from() / folder)


@command(
    packages.lab_packages,
    packages.report_packages,
    help={
        "provider": f"{PROVIDER}; several with commas; default: as study.all",
        "repeats": "boots of the lab host per hypervisor; of one boot no change can be told",
        "seed": "seed of the order of runs",
        "folder": "the site; default: site/ in the project",
        "dry_run": "only print what is new",
    },
)
def study_watch(
    c: Context, provider: str = "", repeats: int = 3, seed: int = 0, *, folder: str = "", dry_run: bool = False
) -> None:
    """Run a study if the mirror has new versions; exit status 3: a cost changed."""
    from lab.images.offered import forget_older
    from lab.images.origin import origin_of
    from study.watch import look

    wanted = settings()
    watched = look(PROJECT, wanted, _providers(provider) if provider else ())
    for it in watched.new:
        result(it)
    if not watched.new:
        result(f"nothing new since study {watched.newest.name if watched.newest else ''}")
    if dry_run:
        return
    changed = False
    if watched.new:
        forget_older(origin_of(wanted), watched.versions)
        made = _study(watched.providers, repeats, seed, "", host="", cluster=(0, "", "", ""))
        changed = _costs_changed(watched.newest, made)
    # Also if nothing is new: what an earlier call could not add to the site is added now.
    build_site(folder)
    if changed:
        raise Exit(code=COST_CHANGED)


def _costs_changed(before: Path | None, after: Path) -> bool:
    """Print which costs of a new study differ from those of the one before; return whether one has clearly changed."""
    from dataset import load
    from report.site.summary import TRENDS
    from report.tools import compare

    if before is None:
        result(f"study {after.name} is the first of its kind: there is nothing to compare it with")
        return False
    one, other = load(before), load(after)
    lines, changed = compare.costs(one, other, TRENDS)
    result("\n".join(lines))
    return changed
