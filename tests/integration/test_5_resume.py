"""A small study on a real lab, killed at random moments and resumed, is whole in the end and took its run once."""

import os
import random
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.paths import PROJECT, STUDIES
from study.dataset import load_study
from study.journal import NAME, read_journal

from .conftest import Invoke, folders

# HVLAB_KILLS=10 is what the method was tried with; the default keeps the tests short.
KILLS = int(os.environ.get("HVLAB_KILLS", "2"))
SEED = int(os.environ.get("HVLAB_KILLS_SEED", "20110211"))
# What such a study takes on 2 cores; a kill that comes later meets a finished one.
SECONDS = float(os.environ.get("HVLAB_KILLS_SECONDS", "90"))
BEGIN = ["study.run", "--provider=kvm"]


@pytest.fixture
def small(tmp_path: Path, invoke: Invoke) -> Iterator[dict[str, str]]:
    """One provider and one guest, in a lab of its own, which is down in the end."""
    environ = {"HVLAB_STATE": str(tmp_path / "lab"), "HVLAB_LAB_HOST__SSH_PORT": "2634", "HVLAB_TOPOLOGY__GUESTS": "1"}
    yield environ
    assert invoke("lab.down", **environ).returncode == 0


def killed(words: list[str], environ: dict[str, str], after: float) -> None:
    """Start a command and kill it, with all in its session, after so many seconds unless it has ended."""
    with subprocess.Popen(
        [PROJECT / "invoke", *words],
        env={**os.environ, **environ},
        start_new_session=True,
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def test_killed_at_random_moments(small: dict[str, str], aside: list[Path], invoke: Invoke) -> None:
    dice, before = random.Random(SEED), folders()
    # One moment in each part of the time, so that they are spread over all of the run.
    for after in (SECONDS * (number + dice.random()) / KILLS for number in range(KILLS)):
        new = folders() - before
        if any(load_study(folder).finished for folder in new):
            break
        # One that was killed before it had a folder leaves nothing to resume.
        killed(["study.resume", f"--study={min(new).name}"] if new else BEGIN, small, after)
    new = folders() - before
    if not any(load_study(folder).finished for folder in new):
        done = invoke(*(["study.resume", f"--study={min(new).name}"] if new else BEGIN), **small)
        assert done.returncode == 0, done.stderr
    (study,) = folders() - before
    aside.append(study)

    info = load_study(study)
    assert info.finished
    assert [run.status for run in info.runs] == ["finished"]
    ends = [event for event in read_journal(study / NAME) if event.get("status") == "finished"]
    assert len(ends) == 1
    assert invoke("study.check", f"--study={study.name}").returncode == 0


def test_a_changed_byte_is_found(study: Path, aside: list[Path], invoke: Invoke) -> None:
    copy = STUDIES / f"{study.name}-changed"
    shutil.copytree(study, copy)
    aside.append(copy)
    victim = copy / "runs/kvm-01/captures/vm-1/free.txt"
    text = bytearray(victim.read_bytes())
    text[-2] ^= 1
    victim.write_bytes(text)
    done = invoke("study.check", f"--study={copy.name}")
    assert done.returncode == 1
    assert "runs/kvm-01/captures/vm-1/free.txt: changed since it was taken" in done.stdout
