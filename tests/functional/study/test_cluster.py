"""A study over Dask's workers equals one that is run here; what is lost on the way is run again, and nothing else."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import pytest
from distributed import Client, LocalCluster

from core.paths import PROJECT
from core.plugins import VARIABLE
from dataset.journal import read_journal
from dataset.models import load_study
from study.cluster.task import RESOURCE
from study.verify import check
from tests.functional.study.cluster_lab import HELD, WAIT, other_lab, over
from tests.plugged import FOLDER, plugged_in
from tests.support.errors import raises_code

REPEATS = 3


@pytest.fixture(scope="module", autouse=True)
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The file that holds runs in their boot; what the workers' processes find in their environment."""
    folder = tmp_path_factory.mktemp("workers")
    (folder / "plugins").mkdir()
    (folder / "plugins/hypervisors").symlink_to(FOLDER / "hypervisors")
    with plugged_in(folder / "plugins"), pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, str(folder / "plugins"))
        patch.setenv("HVLAB_STATE", str(folder / "lab"))
        patch.setenv(HELD, str(folder / "held"))
        yield folder / "held"


@contextmanager
def cluster(workers: int, *, processes: bool = True) -> Iterator[Client]:
    """Workers on this machine; each process has one lab."""
    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=processes,
            resources={RESOURCE: 1},
            dashboard_address=None,
        ) as made,
        Client(made) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client(held: Path) -> Iterator[Client]:
    """Two workers with processes of their own."""
    with cluster(2) as found:
        yield found


def runs(root: Path, status: str) -> dict[str, bytes]:
    """Map each run of a status to the bytes of its indexes, which tell when each capture was made."""
    return {
        run.name: b"".join(path.read_bytes() for path in sorted((file.parent / "runs" / run.name).rglob("index.json")))
        for file in root.glob("2*/study.json")
        for run in load_study(file.parent).runs
        if run.status == status
    }


@contextmanager
def meanwhile(root: Path, status: str, number: int, act: Callable[[], object]) -> Iterator[None]:
    """Act once so many runs of a study have a status, while the block is executed."""

    def watch() -> None:
        until = time.monotonic() + 120
        while len(runs(root, status)) < number and time.monotonic() < until:
            threading.Event().wait(0.05)
        act()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        thread.join()


# What differs from one study to the next: times, durations, names.
_DIFFERS = (
    r'"(time|started|ended|created|finished)": ?"[^"]*"',
    r'"(\w+_s|controller_\w+|seconds|at)": ?[0-9.e-]+',
    r'"(id|study|title)": ?"[^"]*"',
)
# Read from this machine itself, for which there is no stand-in: two serial studies differ in them, too.
LIVE = {"account", "guest-boot", "guest-ps", "meminfo", "observer", "zoneinfo"}


def alike(text: str) -> str:
    for pattern in _DIFFERS:
        text = re.sub(pattern, r'"\1": -', text)
    return text


def index_of(path: Path) -> dict[str, Any]:
    found = json.loads(alike(path.read_text()).replace(": -", ": 0"))
    for name, entry in found.items():
        if Path(name).stem in LIVE:
            entry["sha256"] = entry["lines"] = "live"
    return dict(found)


def content(folder: Path) -> dict[str, Any]:
    """A study's files by name, without times and names; the journal's events by run."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.name == "index.json":
            found[name] = index_of(path)
        elif path.is_file() and name not in ("study.json", "journal.jsonl", "measurements.csv"):
            found[name] = path.read_bytes() if path.stem not in LIVE else "live"
    lines = (folder / "measurements.csv").read_text().splitlines()
    found["measurements.csv"] = [line for line in lines if line.split(",")[-1].split("/")[-1][:-4] not in LIVE]
    info = load_study(folder)
    for run in info.runs:
        run.host = None
    found["study.json"] = alike(info.model_dump_json(indent=1))
    events = read_journal(folder / "journal.jsonl")
    found["events"] = sorted((event["event"], event.get("run", ""), event.get("stage", "")) for event in events)
    return found


def test_it_equals_a_serial_study_although_a_worker_is_killed(client: Client, held: Path, tmp_path: Path) -> None:
    alone = over(None, tmp_path / "alone" / "studies", REPEATS)
    root = tmp_path / "together" / "studies"
    victim = next(iter(client.run(os.getpid).values()))

    def kill() -> None:
        os.kill(victim, signal.SIGKILL)
        held.unlink()

    held.touch()
    with meanwhile(root, "running", 2, kill):
        together = over(client, root, REPEATS)
    assert check(together) == []
    ours, theirs = content(together), content(alone)
    assert ours.keys() == theirs.keys()
    assert {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]} == {}
    hosts = [run.host for run in load_study(together).runs]
    assert all(host and host["controller"]["name"] and host["hardware"] for host in hosts)


def test_a_killed_controller(client: Client, tmp_path: Path) -> None:
    root = tmp_path / "studies"
    words = [sys.executable, "-m", "tests.functional.study.cluster_lab", str(root), str(REPEATS)]
    address = client.scheduler_info()["address"]
    with (tmp_path / "words").open("w") as said:
        controller = subprocess.Popen([*words, address], cwd=PROJECT, stderr=said)
    with meanwhile(root, "finished", 1, controller.kill):
        controller.wait()
    before = runs(root, "finished")
    assert 0 < len(before) < REPEATS, (tmp_path / "words").read_text()
    folder = over(client, root, REPEATS)
    assert check(folder) == []
    after = runs(root, "finished")
    assert len(after) == REPEATS
    assert {name: after[name] for name in before} == before
    assert not list(root.rglob(".*.part"))


def test_a_lost_scheduler(tmp_path: Path) -> None:
    root = tmp_path / "studies"
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        cluster(1, processes=False) as client,
        meanwhile(root, "finished", 1, lambda: client.cluster and client.cluster.close()),
        raises_code("scheduler-lost", "study.resume"),
    ):
        over(client, root, REPEATS)
    before = runs(root, "finished")
    assert before
    assert runs(root, "running") == {}
    folder = over(None, root, REPEATS)
    assert check(folder) == []
    assert {name: content for name, content in runs(root, "finished").items() if name in before} == before


def test_a_worker_with_other_inputs_is_refused_by_name(tmp_path: Path) -> None:
    with cluster(1, processes=False) as client, raises_code("other-inputs", socket.gethostname(), "other images"):
        over(client, tmp_path / "studies", 1, other_lab)


@pytest.mark.long
def test_scaling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that wait are run in half of the time by twice as many workers, nearly."""
    monkeypatch.setenv(WAIT, "4")
    seconds = {}
    for workers in (1, 2, 4):
        with cluster(workers) as client:
            begun = time.monotonic()
            over(client, tmp_path / str(workers) / "studies", 40)
            seconds[workers] = time.monotonic() - begun
    efficiency = {workers: seconds[1] / seconds[workers] / workers for workers in seconds}
    print(", ".join(f"{workers} workers: {seconds[workers]:.0f} s, {efficiency[workers]:.0%}" for workers in seconds))
    assert efficiency[2] > 0.7
    assert efficiency[4] > 0.5
