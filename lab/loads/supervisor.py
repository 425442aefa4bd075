"""Programs of a load on a machine that SSH reaches: started, seen to run, ended, seen to have ended.

A shell program (lab/loads/supervise.sh) is sent for each step; between the steps nothing of the kit is in the guest but
the load itself.
"""

import io
import shlex
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import HvlabError
from lab.connectors.base import CLEAN_SHELL, Machine, last_line

_PROGRAM = Path(__file__).with_name("supervise.sh")
# One program may take a minute to start or to end; under emulation with many guests at once more.
_STEP_S = 240
_KIB_PER_MIB = 1024
# Of the guest's end of the connection: the address that it came from is the lab host's.
_KEEP_CONNECTION = 'env -i PATH="$PATH" HOME="$HOME" USER="$USER" SSH_CONNECTION="$SSH_CONNECTION" LC_ALL=C sh -s'


@dataclass(frozen=True)
class Task:
    """One program.

    Attributes:
        name: Its name: of its folder, and of the capture of what it prints.
        line: The shell line that runs it.
        holds_mib: How much memory its largest process must hold, MiB.
    """

    name: str
    line: str
    holds_mib: int = 0


@dataclass(frozen=True)
class Ended:
    """How a program ended.

    Attributes:
        status: Exit status.
        stdout: What it printed.
        stderr: What it printed as errors.
    """

    status: int
    stdout: bytes
    stderr: bytes


class Supervised:
    """Programs that run on a machine; made by `start`.

    Args:
        machine: The machine.
        folder: Their folder there.
        tasks: The programs.
    """

    def __init__(self, machine: Machine, folder: str, tasks: Sequence[Task]) -> None:
        self.machine, self.folder, self.tasks = machine, folder, tasks

    def check(self) -> dict[str, int]:
        """Return the memory of each program's largest process, KiB.

        Raises:
            HvlabError: One has ended, or holds less than it should (code `load-failed`).
        """
        lines = _step(self.machine, "check", folder=self.folder).decode(errors="replace").splitlines()
        held = {name: int(kib) for name, _, kib in (line.partition(" ") for line in lines) if kib.isdecimal()}
        if missing := [task.name for task in self.tasks if task.name not in held]:
            raise HvlabError(f"{self.machine.name}: the load {missing[0]} is not there", code="load-failed")
        return held

    def end(self) -> dict[str, Ended]:
        """End all programs, see that none of their processes is left, and return how they ended.

        Raises:
            HvlabError: One does not end (code `load-failed`).
        """
        archive = _step(self.machine, "end", folder=self.folder)
        ended = {task.name: _ended(self.machine, archive, task.name) for task in self.tasks}
        _step(self.machine, "remove", folder=self.folder)
        return ended


def start(machine: Machine, tasks: Sequence[Task], setting: Mapping[str, str], preamble: str = "") -> Supervised:
    """Start programs on a machine, and return when each runs and holds its memory.

    Args:
        machine: The machine.
        tasks: The programs.
        setting: Shell variables that their lines use.
        preamble: Shell lines that come first.

    Raises:
        HvlabError: One ends at once, or does not get its memory (code `load-failed`).
    """
    own = "".join(f"{name}={shlex.quote(value)}; export {name}\n" for name, value in setting.items())
    calls = "".join(
        f"    run {shlex.quote(task.name)} {task.holds_mib * _KIB_PER_MIB} {shlex.quote(task.line)}\n" for task in tasks
    )
    head = f"host=${{SSH_CONNECTION%% *}}; export host\n{own}{preamble}programs() {{\n{calls}}}\n"
    folder = _step(machine, "start", head=head).decode(errors="replace").strip()
    return Supervised(machine, folder, tasks)


def _step(machine: Machine, action: str, *, head: str = "", folder: str = "") -> bytes:
    """Run one action of the supervisor there.

    Raises:
        HvlabError: It failed; the message has the program's name and its last words.
    """
    program = f"action={action}\nfolder={shlex.quote(folder)}\n{head}{_PROGRAM.read_text(encoding='utf-8')}"
    shell = _KEEP_CONNECTION if action == "start" else CLEAN_SHELL
    done = machine.run(shell, stdin=program.encode(), timeout=_STEP_S)
    if done.status:
        words = last_line(done.stderr) or f"exit status {done.status}"
        raise HvlabError(f"{machine.name}: the load did not {_WORDS[action]}: {words}", _HINT, code="load-failed")
    return done.stdout


_WORDS = {"start": "start", "check": "run on", "end": "end", "remove": "leave"}
_HINT = "a guest needs the load's programs, and room for its size: docs/reference/loads.md"


def _ended(machine: Machine, archive: bytes, name: str) -> Ended:
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            out, err, status = (_content(tar, f"./{name}/{file}") for file in ("out", "err", "status"))
        return Ended(int(status), out, err)
    except (tarfile.TarError, KeyError, ValueError) as error:
        raise HvlabError(f"{machine.name}: the output of the load {name} came cut off", code="load-failed") from error


def _content(tar: tarfile.TarFile, name: str) -> bytes:
    handle = tar.extractfile(name)
    return handle.read() if handle else b""
