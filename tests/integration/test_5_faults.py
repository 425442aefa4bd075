"""A small study on a real lab meets one fault after another; each is named, and the resumed study is whole."""

import os
import random
import re
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.identity import processes_of
from lab.paths import STUDIES
from lab.purge import KEPT
from lab.sockets import listener_on
from study.dataset import load_study, read_measurements
from study.journal import NAME, read_journal

from .conftest import Invoke, folders
from .faults import FAULTS, Fault, begin

# `./invoke test --faults=30` is what the method was tried with; the default keeps the tests short.
COUNT = int(os.environ.get("HVLAB_FAULTS", "2"))
SEED = int(os.environ.get("HVLAB_FAULTS_SEED", "20110211"))
PORT = int(os.environ.get("HVLAB_FAULTS_PORT", "2634"))
BEGIN = ["study.run", "--provider=kvm"]
# What a command may take until it has noticed: a guest that is waited for in vain, and the lab host's own boot.
NOTICED_S = 600

Key = tuple[str, ...]


def chosen() -> list[Fault]:
    """Return COUNT faults: all of them once, in an order drawn from the seed, before any comes again."""
    dice, faults = random.Random(SEED), list[Fault]()
    while len(faults) < COUNT:
        faults += dice.sample(FAULTS, len(FAULTS))
    return faults[:COUNT]


@pytest.fixture
def small(tmp_path: Path, invoke: Invoke) -> Iterator[dict[str, str]]:
    """One provider, one guest, what fails fails at once, in a lab of its own, of which nothing is left in the end."""
    environ = {
        "HVLAB_STATE": str(tmp_path / "lab"),
        "HVLAB_LAB_HOST__SSH_PORT": str(PORT),
        "HVLAB_LAB_HOST__DESKTOP": "false",
        "HVLAB_STUDY__MANAGER": "false",
        "HVLAB_STUDY__ATTEMPTS": "1",
        "HVLAB_TOPOLOGY__GUESTS": "1",
        "HVLAB_TOPOLOGY__ATTEMPTS": "1",
        "HVLAB_TOPOLOGY__SESSION": "text",
        "HVLAB_TOPOLOGY__BOOT_TIMEOUT_S": "120",
    }
    yield environ
    assert invoke("lab.purge", **environ).returncode == 0


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


def test_each_fault_is_named_and_mended(
    small: dict[str, str], aside: list[Path], invoke: Invoke, tmp_path: Path
) -> None:
    before, state = folders(), Path(small["HVLAB_STATE"])
    done = invoke(*BEGIN, **small)
    assert done.returncode == 0, done.stderr
    (undisturbed,) = folders() - before
    aside.append(undisturbed)
    wanted = keys(undisturbed)
    dice = random.Random(SEED)
    for number, fault in enumerate(chosen(), 1):
        begun = time.monotonic()
        after = meet(fault, small, tmp_path / f"{number}.log", dice, invoke)
        new = folders() - before - set(aside)
        # One that was killed before it had a folder leaves nothing to resume.
        words = ["study.resume", f"--study={min(new).name}"] if new else BEGIN
        done = invoke(*words, **small)
        assert done.returncode == 0, f"{fault.what}: {done.stderr}"
        (study,) = folders() - before - set(aside)
        aside.append(study)
        check(study, wanted, invoke)
        assert invoke("lab.purge", **small).returncode == 0
        assert left_behind(state) == [], fault.what
        took = time.monotonic() - begun
        moment = f"{after:.1f} s after {fault.after!r}"
        print(f"fault {number} of {COUNT}: {fault.what}, {moment}: named, resumed, nothing left ({took:.0f} s)",
              file=sys.stderr, flush=True)  # fmt: skip


def meet(fault: Fault, small: dict[str, str], log: Path, dice: random.Random, invoke: Invoke) -> float:
    """Let a study meet a fault; hold its error against the fault, and purge its lab half the time.

    Otherwise what it has left is there when the study is resumed.
    """
    running = begin(BEGIN, small, log, dice)
    try:
        after = fault.come(running)
        status = running.process.wait(NOTICED_S)
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
        assert invoke("lab.purge", **small).returncode == 0
        assert left_behind(running.state) == [], fault.what
        assert invoke("lab.purge", **small).stdout.startswith("nothing to remove")
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
    assert "runs/kvm-01/captures/vm-1/free.txt: changed since it was captured" in done.stdout
