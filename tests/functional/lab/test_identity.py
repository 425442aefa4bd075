"""Which processes are a lab's, and that no others are ended."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.resources.base import Outcome
from lab.rollback import end_processes
from lab.state.processes import (
    MARK,
    Process,
    end,
    lab_name,
    process_info,
    processes_of,
    start_time,
    tagged_env,
)


@pytest.fixture
def others(tmp_path: Path) -> Iterator[dict[str, "subprocess.Popen[bytes]"]]:
    """Processes of this lab, of another lab, and of nobody."""
    state = tmp_path / "lab"
    state.mkdir()
    with tagged_env(state):
        ours = subprocess.Popen(["sleep", "60"])
    with tagged_env(tmp_path / "other"):
        theirs = subprocess.Popen(["sleep", "60"])
    # Somebody who looks at the lab's log is not the lab.
    reader = subprocess.Popen(["tail", "-f", "/dev/null", state / "console.log"], stderr=subprocess.DEVNULL)
    started = {"ours": ours, "theirs": theirs, "reader": reader}
    yield started
    for process in started.values():
        process.kill()
        process.wait()


def test_only_the_labs_own_are_ended(others: dict[str, "subprocess.Popen[bytes]"], tmp_path: Path) -> None:
    state = tmp_path / "lab"
    assert [process.pid for process in processes_of(state)] == [others["ours"].pid]
    told: list[Outcome] = []
    end_processes(state, told.append)
    assert [str(one) for one in told] == [f"process {others['ours'].pid}: sleep 60"]
    assert processes_of(state) == []
    assert others["theirs"].poll() is None
    assert others["reader"].poll() is None


def test_ssh_with_the_labs_configuration_is_the_labs(tmp_path: Path) -> None:
    """libvirt starts its ssh with an environment of its own."""
    config = tmp_path / "ssh_config"
    os.mkfifo(config)
    # cat by the name of ssh, which waits for the FIFO's writer.
    with subprocess.Popen(["ssh", config], executable="/bin/cat", env={}) as process:
        try:
            assert [found.pid for found in processes_of(tmp_path)] == [process.pid]
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("name", "ours"), [("VBoxSVC", False), ("VBoxHeadless", False), ("VirtualBoxVM", False), ("VBoxManage", True)]
)
def test_virtualboxs_server_and_machines_may_be_anybodys(name: str, ours: bool, tmp_path: Path) -> None:
    """They have the environment of whoever needed the server first."""
    with (
        tagged_env(tmp_path),
        subprocess.Popen([f"/usr/lib/virtualbox/{name}", "60"], executable="/bin/sleep") as process,
    ):
        try:
            assert [found.pid for found in processes_of(tmp_path)] == ([process.pid] if ours else [])
        finally:
            process.kill()


def test_a_process_of_a_number_that_was_another_ones_is_left_alone() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        try:
            end(Process(process.pid, "1", ("sleep", "60")))
            assert process.poll() is None
        finally:
            process.kill()


def test_one_that_does_not_listen_is_killed() -> None:
    with subprocess.Popen(
        ["sh", "-c", "trap '' TERM; echo; while :; do sleep 1; done"], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        found = process_info(process.pid)
        assert found
        end(found)
        assert start_time(process.pid) is None


def test_this_process_and_its_parents_are_never_the_labs(tmp_path: Path) -> None:
    line = (
        "import os, pathlib, sys; from lab.state.processes import processes_of; "
        "print(processes_of(pathlib.Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [os.environ.get("PYTHON", "python3"), "-c", line, tmp_path],
        env={**os.environ, MARK: lab_name(tmp_path)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_a_name_that_is_cut_within_a_letter_is_no_hindrance(tmp_path: Path) -> None:
    """The kernel keeps 15 bytes of a process's name: of a Korean one that is two bytes of the last letter."""
    line = "import ctypes, sys; ctypes.CDLL(None).prctl(15, '한'.encode()[:2]); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", line], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        assert start_time(process.pid)
        assert processes_of(tmp_path) == []
        process.communicate(b"")
