"""The meters of processes on this machine's own, while others come and go."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from study.meters.base import Context
from study.meters.pss import render_pss_script, sums
from study.meters.vmm import METER as VMM

# They end within a millisecond of their start: some of them while they are read.
_COME_AND_GO = "while :; do /bin/true; done"
_PREFIXES = {"guest": "", "daemon": "daemon_"}


@pytest.fixture
def crowd() -> Iterator[None]:
    """Processes called `true` that come and go."""
    with subprocess.Popen(["sh", "-c", _COME_AND_GO]) as process:
        yield
        process.kill()


@pytest.mark.usefixtures("crowd")
def test_processes_that_end_while_they_are_read_are_no_error() -> None:
    line = render_pss_script({"guest": ("true",), "daemon": ("python*", "pytest*")}, 3)
    for _ in range(5):
        done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True)
        numbers = {number.metric: number.value for number in sums("pss", done.stdout, _PREFIXES)}
        assert numbers["daemon_processes"] >= 1
        assert numbers["daemon_pss"] > 1000


def test_a_process_is_in_the_group_that_its_command_line_tells() -> None:
    argument = "-xen-domid 0 "
    words = [sys.executable, "-c", "input()", argument.split(maxsplit=1)[0], "0", "\n"]
    with subprocess.Popen(words, stdin=subprocess.PIPE) as process:
        assert process.stdin
        name = (f"/proc/{process.pid}/comm",)
        comm = subprocess.run(["cat", *name], capture_output=True, text=True, check=True).stdout.strip()
        line = render_pss_script({"guest": (comm,), "daemon": ("nobody",)}, 1, (argument,))
        found = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
        process.stdin.close()
    ours = next(each for each in found.splitlines() if each.startswith(f"pid={process.pid} "))
    assert ours.startswith(f"pid={process.pid} group=daemon comm={comm} cmd={sys.executable} -c input() -xen-domid 0 ")


def test_large_mappings_are_told_apart_from_the_rest() -> None:
    """A process with 40 MiB of its own, as if it were a guest of 40 MiB."""
    code = "import mmap; m = mmap.mmap(-1, 40 << 20, flags=34); m.write(b'x' * (40 << 20)); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, "-m", "40"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()
        name = subprocess.run(
            ["cat", f"/proc/{process.pid}/comm"], capture_output=True, text=True, check=True
        ).stdout.strip()
        line = VMM.command(Context("kvm", "/kvm", guest_processes=(name,), daemon_processes=("nobody",)))
        text = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=True).stdout
        process.stdin.close()
    # Of this process only: the test's own have the same name.
    lines = text.splitlines(keepends=True)
    start = next(at for at, each in enumerate(lines) if each.startswith(f"pid={process.pid} "))
    end = next(at for at, each in enumerate(lines) if at > start and each.startswith("all "))
    numbers = {number.metric: number.value for number in VMM.parse("".join(lines[start : end + 1]) + "matched=1\n")}
    assert 40 << 10 <= numbers["guest_ram"] < 42 << 10
    assert numbers["pss"] > numbers["guest_ram"]
