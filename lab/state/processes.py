"""What carries a lab's name: the name itself, and the processes of this machine that were started for the lab.

A lab is the one of its state folder. Everything that a command starts while it has the lab inherits the lab's name in
the environment variable HVLAB_LAB, however it is started and whoever its parent is; the kernel keeps it for all to see.
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

MARK = "HVLAB_LAB"
# Of a command line, for people.
_SHOWN = 160
# VirtualBox's server has the environment of whoever needed it first, and so have all machines that it starts after
# that, other people's, too. The lab's machines are known by their network cards; the server ends with its last client.
SHARED_PROGRAMS = ("VBoxSVC", "VBoxXPCOMIPCD", "VBoxHeadless", "VBoxNet", "VirtualBoxVM")
# libvirt starts its ssh with an environment of its own; what tells the lab's is the configuration file.
_SSH = "ssh"


def lab_name(state: Path) -> str:
    """Return the name of the lab of a state folder: "hvlab-" and eight hex digits, another for each folder."""
    return f"hvlab-{hashlib.sha256(os.fsencode(state.resolve())).hexdigest()[:8]}"


@contextmanager
def tagged_env(state: Path) -> Iterator[None]:
    """Let what this process starts within the block carry the lab's name."""
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
        started: Clock ticks after the machine's boot; with `pid` it tells this process from a later one of that number.
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
    """Return the words of a file of /proc; none if the process is gone or not ours to look at."""
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
    """Return this process and those that it was started by."""
    pid, found = os.getpid(), set[int]()
    while pid > 0 and pid not in found:
        found.add(pid)
        pid = _parent(pid)
    return found


def process_info(pid: int) -> Process | None:
    """Return a running process, None if there is none of that number."""
    started = start_time(pid)
    return Process(pid, started, tuple(_split(Path(f"/proc/{pid}/cmdline")))) if started else None


def processes_of(state: Path) -> list[Process]:
    """Return the processes that carry a lab's name, without this one and those that started it.

    Those are the ones that have the name in their environment, and ssh with the lab's configuration file. VirtualBox's
    server and machines are not among them.
    """
    mark, config = f"{MARK}={lab_name(state)}", str(state / "ssh_config")
    found, ours = [], _ourselves()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) in ours:
            continue
        process = process_info(int(folder.name))
        # One without words is the kernel's, or has ended meanwhile.
        if process is None or not any(process.words):
            continue
        name = Path(process.words[0]).name
        if name.startswith(SHARED_PROGRAMS):
            continue
        if (name == _SSH and config in process.words) or mark in _split(folder / "environ"):
            found.append(process)
    return sorted(found, key=lambda process: process.pid)


def ended(pid: int, seconds: float) -> bool:
    """Wait until a process has ended, at most so many seconds; tell whether it has."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        done = bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)
    if done:
        # Only a child of this process leaves a zombie behind; another command's is not ours to wait for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return done


def end(process: Process) -> None:
    """End a process: ask it, and after five seconds kill it. Another one that has its number by now is left alone.

    Raises:
        HvlabError: It does not end.
    """
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if start_time(process.pid) != process.started:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, sign)
        if ended(process.pid, 5):
            return
    raise HvlabError(f"{process} does not end", "is its disk stuck? see dmesg")
