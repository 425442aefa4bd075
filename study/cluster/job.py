"""A run as a task of Dask: what is sent to a worker, what it does, and what comes back."""

import os
import platform
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from core.errors import HvlabError
from core.paths import state_root
from dataset.captures import run_name
from dataset.journal import NAME, Journal
from dataset.measurements import write_measurements
from dataset.stages import Stage
from lab.active_lab import ActiveLab
from lab.lifecycle import Lab
from lab.settings import Settings
from lab.state.lock import LabLockedError
from study.clock import now
from study.cluster.inputs import Inputs, inputs_of
from study.cluster.pack import pack
from study.run import Run, RunResult

MOST_SLOTS = 64

MakeLab = Callable[[Settings, Path], Lab]

# A lab's lock sets names of the whole process (`lab.state.lock`), so that a process has one lab at a time.
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Job:
    """What a worker must know of a run.

    Attributes:
        study: The study's name.
        provider: Name of the hypervisor.
        repeat: 1, 2, ...
        stages: The stages, in order.
        settings: All parameters, as `Settings.model_dump(mode="json")` returns them.
        inputs: What the run depends on, as it is on the controller.
        make_lab: Makes the lab from the settings and a state folder; a function of a module that the worker has, too.
    """

    study: str
    provider: str
    repeat: int
    stages: tuple[Stage, ...]
    settings: dict[str, Any]
    inputs: Inputs
    make_lab: MakeLab

    @property
    def name(self) -> str:
        """Name of the run."""
        return run_name(self.provider, self.repeat)


@dataclass(frozen=True)
class Machine:
    """The machine on which a worker runs.

    Attributes:
        name: Its host name.
        system: Its operating system.
        cpus: Number of its processors.
    """

    name: str
    system: str
    cpus: str


@dataclass(frozen=True)
class Finished:
    """A finished run, as a worker returns it."""

    machine: Machine
    started: datetime
    ended: datetime
    result: RunResult
    packed: bytes


@dataclass(frozen=True)
class Failed:
    """A run that failed. Errors are returned, not raised: Dask would repeat what it takes for a fault of its own."""

    machine: Machine
    message: str
    hint: str
    code: str


@dataclass(frozen=True)
class Refused:
    """A worker that has other inputs than the study."""

    machine: Machine
    why: str


def this_machine() -> Machine:
    """Return the machine of this process."""
    return Machine(socket.gethostname(), platform.platform(), str(os.cpu_count()))


def nested_lab(settings: Settings, state: Path) -> Lab:
    """Make the lab of a worker."""
    return Lab(settings, state)


def run_job(job: Job, tell: Callable[[dict[str, str]], None]) -> Finished | Failed | Refused:
    """Execute one run on this machine, in a lab of its own, and return its folder.

    Args:
        job: The run.
        tell: Given what a person who waits wants to know: the run, and the machine's name.
    """
    machine = this_machine()
    try:
        with _ONE_AT_A_TIME, acquired_slot() as (slot, state):
            lab = job.make_lab(_for_slot(Settings.model_validate(job.settings), slot), state)
            if why := inputs_of(lab).differences(job.inputs):
                return Refused(machine, why)
            tell({"run": job.name, "machine": machine.name})
            with tempfile.TemporaryDirectory() as folder:
                return _execute(job, lab, Path(folder), machine)
    except HvlabError as error:
        return Failed(machine, error.message, error.hint, error.code)


def _execute(job: Job, lab: Lab, folder: Path, machine: Machine) -> Finished:
    started, journal = now(), Journal(folder / NAME)
    write_measurements(folder, [])
    journal.append("run begins", run=job.name)
    result = Run(lab, folder, job.provider, job.repeat, journal).execute(list(job.stages))
    return Finished(machine, started, now(), result, pack(folder))


def _for_slot(settings: Settings, slot: int) -> Settings:
    """Return the settings with a port of the lab host's own."""
    host = settings.lab_host
    return settings.model_copy(update={"lab_host": host.model_copy(update={"ssh_port": host.ssh_port + slot})})


@contextmanager
def acquired_slot() -> Iterator[tuple[int, Path]]:
    """Hold the first lab of this machine's that no other worker has; what a killed one left in it is removed.

    Returns:
        Its number, from 1, and its state folder; number 0 is the work tree's own lab.

    Raises:
        HvlabError: All are in use.
    """
    with ExitStack() as held:
        for slot in range(1, MOST_SLOTS + 1):
            state = state_root(slot)
            try:
                held.enter_context(ActiveLab(state).acquire())
            except LabLockedError:
                continue
            break
        else:
            raise HvlabError(f"all {MOST_SLOTS} labs of this machine are in use", "use fewer workers", code="no-slot")
        yield slot, state
