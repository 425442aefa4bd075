"""Opens the cluster that was asked for, and closes what was opened for the study alone."""

import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.console import say
from core.errors import HvlabError
from core.paths import PROJECT, state_root
from lab.active_lab import ActiveLab
from lab.hosts.preflight import require_labs_fit
from lab.settings import Settings
from lab.state.lock import LabLockedError
from study.cluster.dispatch import Dispatcher
from study.cluster.job import MOST_SLOTS
from study.cluster.request import ClusterRequest, SshWorker, parse_workers, read_batch_file
from study.cluster.task import RESOURCE

if TYPE_CHECKING:
    from distributed import Client

# How long a machine may take to answer over SSH, and a worker to find its scheduler, seconds.
_CONNECT_S = 60
# A scheduler that a killed controller has left ends after so long without a task.
_IDLE_S = 600


@contextmanager
def open_cluster(request: ClusterRequest, settings: Settings) -> Iterator[Dispatcher]:
    """Open the cluster in the block.

    Args:
        request: What was asked for; `ClusterRequest.check` has passed.
        settings: All parameters.

    Raises:
        HvlabError: It cannot be reached (code `no-cluster`), or this machine has no room (`too-many-labs`).
    """
    with ExitStack() as opened:
        patience_s: float | None = 120.0
        if request.jobs:
            client = opened.enter_context(_here(request.jobs, settings))
        elif request.workers:
            client = opened.enter_context(_over_ssh(parse_workers(request.workers)))
        elif request.cluster:
            client, patience_s = opened.enter_context(_batch(Path(request.cluster))), None
        else:
            client = opened.enter_context(_connected(request.scheduler))
        say(f"Dask's dashboard: {client.dashboard_link.removesuffix('/status')}/info/main/workers.html")
        yield Dispatcher(client, patience_s)


@contextmanager
def _connected(cluster: Any, **options: Any) -> Iterator["Client"]:
    from distributed import Client  # noqa: PLC0415  (takes a second)

    where = cluster if isinstance(cluster, str) else "the cluster"
    with _reported(where):
        client = Client(cluster, **options)
    with client:
        yield client


@contextmanager
def _reported(where: str) -> Iterator[None]:
    """Report whatever Dask, asyncssh or a batch system say about a cluster that does not start.

    Raises:
        HvlabError: In place of their errors.
    """
    try:
        yield
    except Exception as error:
        words = " ".join(f"{error}".split()) or type(error).__name__
        raise HvlabError(
            f"{where} cannot be used: {words[:300]}", "docs/how-to/clusters.md lists what it needs", code="no-cluster"
        ) from error


@contextmanager
def _here(jobs: int, settings: Settings) -> Iterator["Client"]:
    from distributed import LocalCluster  # noqa: PLC0415  (takes a second)

    require_labs_fit(settings, jobs)
    end_slots()
    try:
        # TLS with keys of its own: another user of this machine must not hand out tasks.
        with (
            LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                processes=True,
                security=True,
                memory_limit=0,
                resources={RESOURCE: 1},
                dashboard_address="127.0.0.1:0",
            ) as cluster,
            _connected(cluster) as client,
        ):
            yield client
    finally:
        end_slots()


def end_slots() -> None:
    """End what killed workers have left in the labs of this work tree beside its own."""
    for slot in range(1, MOST_SLOTS + 1):
        lab = ActiveLab(state_root(slot))
        if lab.state.is_dir():
            # A worker of another cluster uses it.
            with suppress(LabLockedError), lab.acquire():
                lab.take_down()


@contextmanager
def _over_ssh(machines: list[SshWorker]) -> Iterator["Client"]:
    import dask  # noqa: PLC0415  (takes a second)
    from distributed import SSHCluster  # noqa: PLC0415
    from distributed.security import Security  # noqa: PLC0415

    security = Security.temporary()
    # The first machine has the scheduler, too.
    hosts = [machines[0], *machines]
    with ExitStack() as opened:
        # Dask hands its configuration to the processes that it starts.
        opened.enter_context(dask.config.set(_encrypted(security)))
        with _reported(", ".join(each.host for each in machines)):
            cluster = SSHCluster(
                [each.host for each in hosts],
                connect_options=[{**each.options(), "connect_timeout": _CONNECT_S} for each in hosts],
                remote_python=[_python_in(each.folder) for each in hosts],
                scheduler_options={"port": 0, "protocol": "tls", "dashboard_address": "127.0.0.1:0",
                                   "idle_timeout": f"{_IDLE_S}s"},
                worker_options={"nthreads": 1, "memory_limit": 0, "resources": {RESOURCE: 1},
                                "death_timeout": f"{_CONNECT_S}s"},
                security=security,
            )  # fmt: skip
        opened.enter_context(cluster)
        yield opened.enter_context(_connected(cluster, security=security))


def _encrypted(security: Any) -> dict[str, Any]:
    """Return Dask's configuration with the keys of a cluster."""
    found: dict[str, Any] = {
        "distributed.comm.require-encryption": True,
        "distributed.comm.default-scheme": "tls",
        "distributed.comm.tls.ca-file": security.tls_ca_file,
    }
    for role in ("scheduler", "worker", "client"):
        found[f"distributed.comm.tls.{role}.cert"] = getattr(security, f"tls_{role}_cert")
        found[f"distributed.comm.tls.{role}.key"] = getattr(security, f"tls_{role}_key")
    return found


def _python_in(folder: str) -> str:
    """Return the words that start the Python of a work tree, in the work tree."""
    inside = f'cd {shlex.quote(folder)} && exec .venv/bin/python "$@"'
    return f"sh -c {shlex.quote(inside)} hvlab"


@contextmanager
def _batch(path: Path) -> Iterator["Client"]:
    import dask_jobqueue  # noqa: PLC0415  (takes a second)

    wanted = read_batch_file(path)
    kind = getattr(dask_jobqueue, wanted.kind, None)
    if kind is None:
        raise HvlabError(
            f"{path}: dask-jobqueue has no {wanted.kind}", "for example SLURMCluster", code="bad-cluster-file"
        )
    with _reported(wanted.kind):
        cluster = kind(
            **{
                "processes": 1,
                "python": str(PROJECT / ".venv/bin/python"),
                "job_script_prologue": [f"cd {shlex.quote(str(PROJECT))}"],
                "worker_extra_args": ["--resources", f"{RESOURCE}=1"],
                **wanted.options,
            }
        )
    with cluster, _connected(cluster) as client:
        cluster.scale(wanted.workers)
        yield client
