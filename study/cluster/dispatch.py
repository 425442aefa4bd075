"""Runs of a study as tasks of Dask: handed out, taken in as they finish, and handed out again where one was lost."""

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.console import say
from core.errors import HvlabError
from dataset.models import RunInfo
from study.clock import now
from study.cluster.inputs import Inputs, inputs_of
from study.cluster.job import Failed, Finished, Job, MakeLab, Refused, nested_lab
from study.cluster.landing import land
from study.cluster.task import RESOURCE, Answer, execute, take_resource, topic_of
from study.progress import progress
from study.study import Outcome, Study

if TYPE_CHECKING:
    from distributed import Client, Future

# How often the cluster is looked at while nothing arrives, seconds.
_LOOK_S = 2.0
# How long a result may be on its way, seconds, before another one is taken in first.
_FETCH_S = 60.0


@dataclass
class Dispatcher:
    """A runner for `Study.run`.

    Attributes:
        client: Dask's client; it may have any number of workers, now or later.
        patience_s: How long no worker may be there before the study stops, seconds; None: for ever.
        make_lab: Makes the lab on a worker.
    """

    client: "Client"
    patience_s: float | None = 120.0
    make_lab: MakeLab = nested_lab
    _refused: dict[str, str] = field(default_factory=dict)

    def __call__(self, study: Study, entries: list[RunInfo]) -> Outcome:
        """Run the entries; see `study.study.Runner`.

        Raises:
            HvlabError: The scheduler or all workers are lost (codes `scheduler-lost`, `no-worker`), or no worker has
                the study's inputs (`other-inputs`). Finished runs are in the study.
        """
        return _Dispatch(self, study, inputs_of(study.lab)).run(entries)

    def refuse(self, worker: str, name: str, why: str) -> None:
        """Use a worker no more.

        Raises:
            HvlabError: It was the last one.
        """
        self._refused[worker] = f"{name} ({worker}) has {why}"
        say(self._refused[worker], about="worker refused")
        self.client.run(take_resource, workers=[worker], on_error="ignore")
        if not set(self.workers()) - self._refused.keys():
            raise HvlabError(
                f"no worker has the study's inputs: {'; '.join(self._refused.values())}",
                "bring the workers' work trees to this commit, start them again, then ./invoke study.resume",
                code="other-inputs",
            )

    def workers(self) -> list[str]:
        """Return the addresses of the workers that have lab hosts."""
        known = self.client.scheduler_info(n_workers=-1)["workers"]
        return [address for address, facts in known.items() if facts.get("resources", {}).get(RESOURCE)]


class _Dispatch:
    """The runs of one call."""

    def __init__(self, cluster: Dispatcher, study: Study, inputs: Inputs) -> None:
        self._cluster, self._client, self._study, self._inputs = cluster, cluster.client, study, inputs
        self._arrived: queue.Queue[Future[Answer] | dict[str, str]] = queue.Queue()
        self._waiting: dict[Future[Answer], RunInfo] = {}
        self._attempts: dict[str, int] = {}
        self._failures: list[str] = []
        self._worker_seen = time.monotonic()

    def run(self, entries: list[RunInfo]) -> Outcome:
        """Run the entries; return what failed."""
        from distributed.client import ClosedClientError  # noqa: PLC0415  (takes a second)

        with self._told():
            try:
                for entry in entries:
                    self._submit(entry)
                while self._waiting:
                    self._next()
            except ClosedClientError as error:
                raise self._lost("scheduler-lost", "the connection to Dask's scheduler is lost") from error
        return self._failures, {}

    def _next(self) -> None:
        """Wait for what happens next, but not long."""
        try:
            event = self._arrived.get(timeout=_LOOK_S)
        except queue.Empty:
            self._look()
            return
        if isinstance(event, dict):
            self._begun(event)
        elif event in self._waiting:
            self._take(event)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Be told when workers begin runs; at the end leave no run that is called running."""
        topic = topic_of(self._study.info.id)
        self._client.subscribe_topic(topic, lambda event: self._arrived.put(event[1]))
        try:
            yield
        finally:
            left = list(self._waiting.values())
            for entry in left:
                if entry.status == "running":
                    entry.status, entry.ended = "interrupted", now()
            if left:
                self._study.save()
                if self._client.status == "running":
                    self._client.cancel(list(self._waiting), force=True)
            if self._client.status == "running":
                self._client.unsubscribe_topic(topic)

    def _submit(self, entry: RunInfo) -> None:
        study = self._study
        settings = study.lab.settings.model_dump(mode="json")
        job = Job(
            study.info.id, entry.provider, entry.repeat, tuple(study.stages), settings, self._inputs,
            self._cluster.make_lab,
        )  # fmt: skip
        # The first ones of the plan are run first.
        place = study.info.runs.index(entry)
        future = self._client.submit(execute, job, resources={RESOURCE: 1}, pure=False, priority=-place)
        self._waiting[future] = entry
        future.add_done_callback(self._arrived.put)

    def _begun(self, event: dict[str, str]) -> None:
        entry = next((each for each in self._waiting.values() if each.name == event.get("run")), None)
        if entry and entry.status != "finished":
            entry.status, entry.started, entry.ended = "running", now(), None
            self._study.save()
            say(f"{entry.name} is run on {event.get('machine', '')}")

    def _look(self) -> None:
        """Look after the cluster while nothing arrives.

        Raises:
            HvlabError: It is lost.
        """
        if self._client.status in ("closed", "closing"):
            raise self._lost("scheduler-lost", "the connection to Dask's scheduler is lost")
        if self._client.status != "running":
            return
        for future in [each for each in self._waiting if each.status in ("cancelled", "lost")]:
            self._arrived.put(future)
        if self._cluster.workers():
            self._worker_seen = time.monotonic()
        elif self._cluster.patience_s is not None and time.monotonic() - self._worker_seen > self._cluster.patience_s:
            raise self._lost("no-worker", f"no worker with resource {RESOURCE} is there")

    def _lost(self, code: str, what: str) -> HvlabError:
        left = len(self._waiting)
        return HvlabError(
            f"{what}; {left} runs are left",
            "finished runs are kept; ./invoke study.resume goes on, with another cluster or none",
            code=code,
        )

    def _take(self, future: "Future[Answer]") -> None:
        """Take in what became of a run.

        Raises:
            HvlabError: The worker was refused, and is the last one.
        """
        from distributed import CancelledError, TimeoutError  # noqa: PLC0415  (takes a second)

        entry = self._waiting[future]
        try:
            answer = future.result(timeout=_FETCH_S)
        except TimeoutError:
            # The worker that had it died: Dask runs it again, and it will arrive.
            future.add_done_callback(self._arrived.put)
            return
        except CancelledError:
            # The scheduler is gone (`_look` tells), or was started again and does not know it.
            if self._client.status == "running":
                self._again(future, entry)
            return
        except Exception as error:  # noqa: BLE001  (whatever Dask reports of a worker)
            self._failed(future, entry, HvlabError(f"{type(error).__name__}: {error}", code="worker-failed"))
            return
        self._take_answer(future, entry, answer)

    def _take_answer(self, future: "Future[Answer]", entry: RunInfo, answer: Answer) -> None:
        outcome = answer.outcome
        if isinstance(outcome, Refused):
            self._cluster.refuse(answer.worker, outcome.machine.name, outcome.why)
            self._again(future, entry)
        elif isinstance(outcome, Failed):
            where = f"on {outcome.machine.name}: {outcome.message}"
            self._failed(future, entry, HvlabError(where, outcome.hint, code=outcome.code))
        else:
            self._finished(future, entry, outcome)

    def _finished(self, future: "Future[Answer]", entry: RunInfo, finished: Finished) -> None:
        try:
            land(self._study, entry, finished)
        except HvlabError as error:
            self._failed(future, entry, error)
            return
        del self._waiting[future]
        future.release()
        say(f"{entry.name} is finished on {finished.machine.name}; {self._state()}")

    def _state(self) -> str:
        found = progress(self._study.folder, now(), [])
        left = "" if found.seconds_left is None else f", about {found.seconds_left / 60:.0f} min left"
        total = len(self._study.info.runs)
        return f"{len(found.done)} of {total} runs, {len(found.running)} running{left}"

    def _failed(self, future: "Future[Answer]", entry: RunInfo, error: HvlabError) -> None:
        attempt = self._attempts[entry.name] = self._attempts.get(entry.name, 0) + 1
        if attempt < self._study.lab.settings.study.attempts:
            say(f"{error}; it starts again", about=f"{entry.name} died")
            self._study.journal.append("run is begun again", run=entry.name, reason=str(error))
            self._again(future, entry)
            return
        say(str(error), about=f"{entry.name} failed")
        del self._waiting[future]
        future.release()
        entry.status, entry.ended = "failed", now()
        self._study.save()
        self._study.journal.append("run ends", run=entry.name, status="failed")
        self._failures.append(f"{entry.name}: {error.message}")

    def _again(self, future: "Future[Answer]", entry: RunInfo) -> None:
        del self._waiting[future]
        future.release()
        entry.status, entry.started, entry.ended = "planned", None, None
        self._study.save()
        self._submit(entry)
