"""A small study on a real lab meets one fault after another; each is named, and the resumed study is whole."""

import os
import random
import re
import sys
import time
from pathlib import Path

import pytest

from core.paths import STUDIES
from core.sockets import listener_on
from dataset.journal import NAME, read_journal
from dataset.measurements import read_measurements
from dataset.models import load_study
from lab.history import current_pace
from lab.purge import KEPT
from lab.state.processes import processes_of

from .conftest import Invoke, folders, moved_aside
from .faults import FAULTS, Fault, begin

# `./invoke test --faults=30` is what the method was tried with; the default keeps the tests short.
COUNT = int(os.environ.get("HVLAB_FAULTS", "1"))
SEED = int(os.environ.get("HVLAB_FAULTS_SEED", "20110414"))
PORT = int(os.environ.get("HVLAB_FAULTS_PORT", "2634"))
BEGIN = ["study.run", "--provider=kvm"]
# What a command may take until it has noticed, on a machine as fast as the one that time limits were chosen on: a
# guest that is waited for in vain, and the lab host's own boot.
NOTICED_S = 600

Key = tuple[str, ...]


def chosen() -> list[Fault]:
    """Return COUNT faults: all of them once, in an order drawn from the seed, before any comes again."""
    dice, faults = random.Random(SEED), list[Fault]()
    while len(faults) < COUNT:
        faults += dice.sample(FAULTS, len(FAULTS))
    return faults[:COUNT]


def small(state: Path) -> dict[str, str]:
    """Return what makes a small study in a lab of its own: one provider, one guest, few samples, no second try."""
    return {
        "HVLAB_STATE": str(state),
        "HVLAB_LAB_HOST__SSH_PORT": str(PORT),
        "HVLAB_LAB_HOST__DESKTOP": "false",
        "HVLAB_STUDY__MANAGER": "false",
        "HVLAB_STUDY__ATTEMPTS": "1",
        "HVLAB_STUDY__MPSTAT_INTERVAL_S": "1",
        "HVLAB_STUDY__MPSTAT_COUNT": "2",
        "HVLAB_STUDY__FREE_COUNT": "2",
        "HVLAB_STUDY__MEMORY_COUNT": "2",
        "HVLAB_SETTLE__WINDOW_S": "4",
        "HVLAB_TOPOLOGY__GUESTS": "1",
        "HVLAB_TOPOLOGY__ATTEMPTS": "1",
        "HVLAB_TOPOLOGY__SESSION": "text",
        "HVLAB_TOPOLOGY__BOOT_TIMEOUT_S": "120",
    }


# As often as anybody's: under emulation a guest or the lab host's kernel may die without being killed.
AS_ANYBODY = {"HVLAB_STUDY__ATTEMPTS": "3"}


@pytest.fixture(scope="module")
def undisturbed(invoke: Invoke, tmp_path_factory: pytest.TempPathFactory) -> set[Key]:
    """Which numbers a study has that nothing happens to."""
    with moved_aside() as made:
        before = folders()
        done = invoke(*BEGIN, **small(tmp_path_factory.mktemp("undisturbed") / "lab") | AS_ANYBODY)
        assert done.returncode == 0, done.stderr
        made.extend(folders() - before)
        return keys(made[0])


def keys(study: Path) -> set[Key]:
    """Return which numbers a study has, whatever they are."""
    return {(row.provider, str(row.repeat), row.stage, row.meter, row.metric) for row in read_measurements(study)}


def left_behind(state: Path) -> list[str]:
    """Return what a lab has left on this machine, in words."""
    left = [str(process) for process in processes_of(state)]
    left += [str(one) for one in [listener_on(PORT)] if one]
    left += [str(path) for path in (state.rglob("*") if state.is_dir() else []) if _is_left(path)]
    return left + [str(path) for path in STUDIES.rglob(".*.part")]


def _is_left(path: Path) -> bool:
    return not path.is_dir() and path.suffix not in KEPT


@pytest.mark.parametrize(
    "which", list(enumerate(chosen(), 1)), ids=[f"{number}, {fault.what}" for number, fault in enumerate(chosen(), 1)]
)
def test_a_fault_is_named_and_mended(
    which: tuple[int, Fault], undisturbed: set[Key], aside: list[Path], invoke: Invoke, tmp_path: Path
) -> None:
    number, fault = which
    before, environ, begun = folders(), small(tmp_path / "lab"), time.monotonic()
    dice = random.Random(f"{SEED} {number}")
    try:
        if fault.passes:
            after = outlive(fault, environ, tmp_path / "said.log", dice)
        else:
            after = meet(fault, environ, tmp_path / "said.log", dice, invoke)
            new = folders() - before
            # One that was killed before it had a folder leaves nothing to resume.
            again = ["study.resume", f"--study={min(new).name}"] if new else BEGIN
            done = invoke(*again, **environ | AS_ANYBODY)
            assert done.returncode == 0, f"{fault.what}: {done.stderr}"
    finally:
        aside += folders() - before
        purged = invoke("lab.purge", **environ)
    assert purged.returncode == 0
    assert left_behind(tmp_path / "lab") == []
    (study,) = aside
    check(study, undisturbed, invoke)
    moment = f"{after:.1f} s after {fault.after!r}"
    outcome = "the run went on" if fault.passes else "named, resumed"
    print(f"fault {number} of {COUNT}: {fault.what}, {moment}: {outcome}, nothing left"
          f" ({time.monotonic() - begun:.0f} s)", file=sys.stderr, flush=True)  # fmt: skip


def outlive(fault: Fault, environ: dict[str, str], log: Path, dice: random.Random) -> float:
    """Let a study meet a fault that passes, in its only attempt."""
    running = begin(BEGIN, environ, log, dice)
    try:
        after = fault.come(running)
        status = running.process.wait(current_pace().scaled(NOTICED_S))
    finally:
        running.process.kill()
        running.process.wait()
    assert status == 0, f"{fault.what}: {running.said()}"
    return after


def meet(fault: Fault, environ: dict[str, str], log: Path, dice: random.Random, invoke: Invoke) -> float:
    """Let a study meet a fault; hold its error against the fault, and purge its lab half the time.

    Otherwise what it has left is there when the study is resumed.
    """
    running = begin(BEGIN, environ, log, dice)
    try:
        after = fault.come(running)
        status = running.process.wait(current_pace().scaled(NOTICED_S))
    finally:
        running.process.kill()
        running.process.wait()
    said = running.said()
    assert status != 0, f"{fault.what} went unnoticed: {said}"
    assert "Traceback" not in said, said
    if fault.names:
        errors = [line for line in said.splitlines() if line.startswith("hvlab: ")]
        assert errors, said
        assert re.search(fault.names, errors[-1]), f"{fault.what}: {errors[-1]}"
        print(f"  {errors[-1]}", file=sys.stderr)
    if dice.random() < 0.5:
        assert invoke("lab.purge", **environ).returncode == 0
        assert left_behind(running.state) == [], fault.what
        assert invoke("lab.purge", **environ).stdout.startswith("nothing to remove")
    return after


def check(study: Path, wanted: set[Key], invoke: Invoke) -> None:
    """Hold a resumed study against one that nothing happened to."""
    info = load_study(study)
    assert info.finished
    assert [run.status for run in info.runs] == ["finished"]
    ends = [event for event in read_journal(study / NAME) if event.get("status") == "finished"]
    assert len(ends) == 1
    assert keys(study) == wanted
    assert invoke("study.check", f"--study={study.name}").returncode == 0
