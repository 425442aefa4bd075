"""The functions that Dask's workers call."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from study.cluster.job import Failed, Finished, Job, Refused, run_job

if TYPE_CHECKING:
    from distributed import Worker

RESOURCE = "lab-host"
"""What a worker must have for a run: `dask worker --resources lab-host=1`."""


@dataclass(frozen=True)
class Answer:
    """What became of a run, and the address of the worker that says so."""

    worker: str
    outcome: Finished | Failed | Refused


def topic_of(study: str) -> str:
    """Return the topic of Dask's events by which workers report that they have begun runs of a study."""
    return f"hvlab-{study}"


def execute(job: Job) -> Answer:
    """Execute a run on this worker."""
    from distributed import get_worker  # noqa: PLC0415  (takes a second)

    worker = get_worker()
    return Answer(worker.address, run_job(job, lambda facts: worker.log_event(topic_of(job.study), facts)))


async def take_resource(dask_worker: "Worker") -> None:
    """Give this worker no more runs."""
    await dask_worker.set_resources(**{RESOURCE: 0})
