"""The name of a lab, and the processes of this machine that belong to it.

A lab belongs to its state folder. Every process that a command starts while it holds the lab inherits the lab's name in
the environment variable HVLAB_LAB, which can be read in /proc.
"""

import contextlib
import hashlib
import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import HvlabError
from hypervisors.registry import all_hypervisors

MARK = "HVLAB_LAB"
# Characters of a command line in messages.
_SHOWN = 160
# A library may start its ssh with an environment of its own; the lab's is recognised by the configuration file.
_SSH = "ssh"


def lab_name(state: Path) -> str:
    """Return the name of the lab of a state folder: "hvlab-" and eight hex digits, another for each folder."""
    return f"hvlab-{hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:8]}"


@contextmanager
def tagged_env(state: Path) -> Iterator[None]:
    """Tag processes that this process starts in the block with the lab's name."""
    before = os.environ.get(MARK)
    os.environ[MARK] = lab_name(state)
    try:
        yield
    finally:
        if before is None:
            del os.environ[MARK]
        else:
            os.environ[MARK] = before


@dataclass(frozen=True)
class Process:
    """A process of this machine.

    Attributes:
        pid: Its number.
        started: Clock ticks after the machine's boot; together with `pid` it identifies the process.
        words: Its command line.
    """

    pid: int
    started: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"process {self.pid}: {' '.join(self.words)[:_SHOWN]}"


def _stat(pid: int) -> list[str]:
    """Return /proc/PID/stat from field 3 on; field 2, the name, is in any bytes: the kernel cuts it after the 15th."""
    return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()


def start_time(pid: int) -> str | None:
    """Return field 22 of /proc/PID/stat (clock ticks after boot), None if there is no such process or it is dead."""
    try:
        fields = _stat(pid)
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]


def _split(path: Path) -> list[str]:
    """Return the NUL-separated words of a file in /proc; none if the process is gone or the file is not readable."""
    try:
        return os.fsdecode(path.read_bytes()).rstrip("\0").split("\0")
    except OSError:
        return []


def _parent(pid: int) -> int:
    try:
        return int(_stat(pid)[1])
    except OSError:
        return 0


def _ourselves() -> set[int]:
    """Return this process and its ancestors."""
    pid, found = os.getpid(), set[int]()
    while pid > 0 and pid not in found:
        found.add(pid)
        pid = _parent(pid)
    return found


def process_info(pid: int) -> Process | None:
    """Return a running process; None if there is none with that number."""
    started = start_time(pid)
    return Process(pid, started, tuple(_split(Path(f"/proc/{pid}/cmdline")))) if started else None


def shared_programs() -> tuple[str, ...]:
    """Return how the names of programs begin that a hypervisor shares between all its users."""
    return tuple(name for each in all_hypervisors().values() for name in each.processes.shared)


def processes_of(state: Path) -> list[Process]:
    """Return the processes that belong to a lab, without this one and its ancestors.

    Those are the ones that have the name in their environment, and ssh with the lab's configuration file. Programs that
    a hypervisor shares between all its users (`ProcessPatterns.shared`) are not among them; the lab's guests are
    recognised by their network cards.
    """
    mark, config = f"{MARK}={lab_name(state)}", str(state / "ssh_config")
    shared = shared_programs()
    found, ours = [], _ourselves()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) in ours:
            continue
        process = process_info(int(folder.name))
        # Without words: a kernel thread, or the process has ended meanwhile.
        if process is None or not any(process.words):
            continue
        name = Path(process.words[0]).name
        if name.startswith(shared):
            continue
        if (name == _SSH and config in process.words) or mark in _split(folder / "environ"):
            found.append(process)
    return sorted(found, key=lambda process: process.pid)


def ended(pid: int, seconds: float) -> bool:
    """Wait at most `seconds` until a process has ended; return whether it has."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        done = bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)
    if done:
        # Only a child of this process leaves a zombie that can be waited for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return done


def end(process: Process) -> None:
    """End a process: SIGTERM, and SIGKILL after five seconds. A later process with the same number is left alone.

    Raises:
        HvlabError: The process does not end.
    """
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if start_time(process.pid) != process.started:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, sign)
        if ended(process.pid, 5):
            return
    raise HvlabError(f"{process} does not end", "is its disk stuck? see dmesg")
